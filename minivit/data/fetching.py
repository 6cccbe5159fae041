"""Fetching a set from its mirrors: only when asked, resumable, and its sum is checked.

What has arrived lies in NAME.part beside NAME. A fetch that was broken off goes on from there, if
the server can send the rest of a file (HTTP's Range); the whole file is renamed once its checksum
is right.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from minivit.data.finding import has_sum, target
from minivit.data.known import KNOWN, Archive
from minivit.data.unpacking import unpack
from minivit.errors import InputError
from minivit.files import alone_in

PART = ".part"
PATIENCE = 30  # seconds without a byte
PIECE = 1 << 16  # bytes that are read at once
TRIES = 3  # at each mirror, as long as something arrives
Arrived = Callable[[int], None]  # is told how many more bytes are there; a negative number: fewer


class Broken(Exception):
    """A mirror that did not send the file."""


def nobody_is_told(archive: Archive) -> Arrived:
    return lambda count: None


def fetch(
    name: str, to: str | Path | None = None, *, begin: Callable[[Archive], Arrived] = nobody_is_told
) -> Path:
    """Fetch a well-known set into the folder that torchvision gives it below `to`, and return that.

    `begin` is called for each file that is fetched, and gives what is told of its bytes. Files that
    are there and right are left as they are.

    Raises InputError when no mirror sends what it should, and for a file of that name that is
    another one; what has arrived is kept.
    """
    known, folder = KNOWN[name], target(name, to)
    where = folder.parent if known.unpacked else folder
    where.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(alone_in(where))
        except BlockingIOError as error:
            raise InputError(f"{where} is in use: another process fetches into it") from error
        if known.unpacked and all(is_right(name, folder / file) for file in known.unpacked):
            return folder
        for archive in known.archives:
            path = where / archive.name
            if path.exists() and not has_sum(path, archive.checksum):
                raise InputError(
                    f"{path} is there and is another file than {name}'s (its checksum differs): "
                    "move it away, or fetch to another folder with --to DIR"
                )
            if not path.exists():
                fetch_archive(archive, known.mirrors, path, begin(archive))
            if known.unpacked:
                unpack(path, folder, known.unpacked)
    return folder


def is_right(name: str, path: Path) -> bool:
    """Whether an unpacked file is there, and has its checksum if one is known."""
    checksum = KNOWN[name].sums.get(path.name)
    return path.is_file() and (checksum is None or has_sum(path, checksum))


def fetch_archive(archive: Archive, mirrors: tuple[str, ...], path: Path, arrived: Arrived) -> None:
    """Fetch one file from the first mirror that sends it; InputError if none does."""
    part, reasons = path.with_name(path.name + PART), []
    arrived(size_of(part))
    for mirror in mirrors:
        for _ in range(TRIES):
            before = size_of(part)
            try:
                receive(mirror + archive.name, archive, part, arrived)
                os.replace(part, path)
                return
            except (Broken, HTTPException, TimeoutError, ConnectionError, OSError) as error:
                if isinstance(error, OSError) and error.errno and error.filename is not None:
                    raise  # the disk, not the network
                reasons.append(f"{mirror}: {getattr(error, 'reason', None) or error}")
                anew = before > 0 and not part.exists()  # it was the part of another file
                if size_of(part) <= before and not anew:
                    break
    raise InputError(
        f"{archive.name} could not be fetched ({'; '.join(dict.fromkeys(reasons))}); run the same "
        "command again to go on with what has arrived, or get the file in another way"
    )


def receive(url: str, archive: Archive, part: Path, arrived: Arrived) -> None:
    """Receive the rest of a file into `part`, and check the whole.

    Raises Broken, and removes what has arrived, if the whole is another file.
    """
    begin = size_of(part)
    if begin < archive.size:
        headers = {"User-Agent": "minivit", **({"Range": f"bytes={begin}-"} if begin else {})}
        try:
            answer = urlopen(Request(url, headers=headers), timeout=PATIENCE)
        except HTTPError as error:
            error.close()
            raise Broken(f"the server answers {error.code} ({error.reason})") from error
        with answer:
            resumes = answer.status == 206 and is_rest(answer.headers, begin)
            if begin and not resumes:
                arrived(-begin)
            with open(part, "ab" if resumes else "wb") as file:
                size = begin if resumes else 0
                while size <= archive.size and (piece := answer.read(PIECE)):
                    file.write(piece)
                    size += len(piece)
                    arrived(len(piece))
        if size < archive.size:
            check_beginning(part)
            raise Broken(f"the connection broke after {size:,} of {archive.size:,} bytes")
    if not has_sum(part, archive.checksum):
        arrived(-part.stat().st_size)
        part.unlink()
        raise Broken("it sent another file: the checksum is wrong")


def size_of(path: Path) -> int:
    """The bytes of a file; 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def is_rest(headers, begin: int) -> bool:
    """Whether the server sends the file from byte `begin` on, and not another part."""
    return (headers.get("Content-Range") or "").startswith(f"bytes {begin}-")


def check_beginning(part: Path) -> None:
    """Broken, and nothing is kept, when a page of HTML came in the place of the file."""
    from minivit.data.readers.opening import LONGEST_START, is_markup

    with open(part, "rb") as file:
        page = is_markup(file.read(LONGEST_START))
    if page:
        part.unlink()
        raise Broken("it sent an HTML page in the place of the file")
