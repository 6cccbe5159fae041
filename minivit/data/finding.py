"""Where a well-known set is looked for, and whether its files are what they should be."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from minivit.data.known import KNOWN
from minivit.errors import InputError
from minivit.files import typed

VARIABLE = "MINIVIT_DATA"
KERAS = "~/.keras/datasets"


class Root(NamedTuple):
    """A folder in which sets may lie, and what it is called."""

    title: str
    folder: Path


def roots() -> list[Root]:
    """The folders that are looked through, in this order."""
    given = os.environ.get(VARIABLE)
    named = [Root(VARIABLE, Path(given).expanduser())] if given else []
    return [*named, Root("./data", Path("data")), Root(KERAS, Path(KERAS).expanduser())]


def places(name: str) -> list[Path]:
    """Where a set is looked for, in this order."""
    return [root.folder / place for root in roots() for place in KNOWN[name].places]


def found(name: str) -> Path | None:
    """The first place at which something of a set lies; None if there is none."""
    return next((place for place in places(name) if holds_something(place)), None)


def find(name: str) -> Path:
    """The place at which a set lies; InputError, which says how to get it, if it is nowhere."""
    place = found(name)
    if place is not None:
        return place
    known = KNOWN[name]
    looked = ", ".join(f"{root.title} ({root.folder})" if root.title == VARIABLE else root.title
                       for root in roots())  # fmt: skip
    size = sum(archive.size for archive in known.archives) / 1e6
    raise InputError(
        f"{name} is not on this machine: looked in {looked} for {', '.join(known.places)}. If you "
        f"have it, give its folder with --data PATH, or set {VARIABLE} to the folder above it; "
        f"`minivit data get {name}` fetches it ({size:.0f} MB)"
    )


def holds_something(place: Path) -> bool:
    """Whether a place is a file, or a folder with files, beside the parts of a broken download."""
    if not place.is_dir():
        return place.is_file()
    visible = (entry for entry in place.iterdir() if not entry.name.startswith("."))
    return any(entry.suffix != ".part" and entry.is_file() for entry in visible)


def target(name: str, to: str | Path | None = None) -> Path:
    """The folder into which a set is fetched: below `to`, or MINIVIT_DATA, or ./data."""
    given = to or os.environ.get(VARIABLE) or "data"
    return Path(given).expanduser() / KNOWN[name].places[0]


def checked_files(name: str, place: Path) -> dict[Path, bool | None]:
    """The files of a set, by path: whether each has its known sum, None if none is known."""
    known = KNOWN[name]
    sums = {archive.name: archive.checksum for archive in known.archives} | dict(known.sums)
    files = [place] if place.is_file() else sorted(f for f in place.iterdir() if f.is_file())
    visible = (file for file in files if not file.name.startswith("."))
    return {f: has_sum(f, sums[f.name]) if f.name in sums else None for f in visible}


def has_sum(path: Path, checksum: str) -> bool:
    """Whether a file's checksum is "md5:..." or "sha256:..."; OSError if it can't be read."""
    kind, _, digits = checksum.partition(":")
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)
                                   ).hexdigest() == digits  # fmt: skip


def moved(place: str, name: str) -> InputError:
    """What to say of a set that isn't any more where a run found it."""
    return InputError(
        f"the data {name!r} lay in {typed(place)}, and that does not exist any more: say where "
        "they are now with --data PATH"
    )
