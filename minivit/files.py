"""A file is written beside its path, then renamed: readers see the old or the new, never half.

A process that is killed leaves at most a file named `.NAME.xxxxxxxx.partial`. A writer locks its
partial file, and the system unlocks it when the process dies: so the next writer of NAME knows
which partial files it may remove.
"""

import os
import secrets
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

SUFFIX = ".partial"
IN_USE = ".in-use"  # stands for a lock on Windows, where a folder has none; the system removes it


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; flush it to the disk and rename it on success.

    On failure `path` stays what it was and the partial file is removed. Several processes may
    write one `path`: each writes a file of its own, and the last rename counts. Raises OSError
    when the folder can't be written or the disk is full.
    """
    path = Path(path)
    remove_orphans(path.parent, path.name)
    try:
        partial, lock = new_partial(path)
    except OSError as error:  # a name of ours says nothing to a user
        missing = isinstance(error, FileNotFoundError)  # the folder, since the file may be new
        error.filename, error.filename2 = str(path.parent if missing else path), None
        raise
    try:
        with open(lock, "rb") as claim:
            yield partial
            with open(partial, "rb+") as file:
                os.fsync(file.fileno())
            if fcntl is None:  # Windows renames no open file
                claim.close()
            os.replace(partial, path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        # A full disk's error names no file, and a partial file's name says nothing to a user.
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(partial)):
            error.filename, error.filename2 = str(path), None
        raise
    flush_folder(path.parent)


def new_partial(path: Path) -> tuple[Path, int]:
    """A new file beside `path` that nobody else writes, and a descriptor that keeps it locked."""
    while True:
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{SUFFIX}")
        lock = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        # Another writer may have found the file before it was locked, and removed it.
        if try_lock(lock) and partial.exists():
            return partial, lock
        os.close(lock)


def remove_orphans(folder: Path, name: str = "") -> None:
    """Remove the partial files (of `name`, or of all) in `folder` whose writers are dead."""
    with suppress(OSError):  # a folder that is missing: the writer will say so
        for entry in os.scandir(folder):
            start = f".{name}." if name else "."
            if entry.name.startswith(start) and entry.name.endswith(SUFFIX):
                remove_orphan(Path(entry.path))


def remove_orphan(partial: Path) -> None:
    """Remove a partial file unless somebody is writing it."""
    with suppress(OSError):  # it was renamed or removed in the meantime; Windows: it is open
        if fcntl is None:
            partial.unlink()
            return
        descriptor = os.open(partial, os.O_RDWR)
        try:
            if try_lock(descriptor, unsure=False):
                partial.unlink()
        finally:
            os.close(descriptor)


def try_lock(descriptor: int, *, unsure: bool = True) -> bool:
    """Lock an open file until it is closed or the process dies; False if it is locked already.

    `unsure` is the answer where there are no locks (Windows, some network file systems).
    """
    if fcntl is None:
        return unsure
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return unsure
    return True


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; BlockingIOError when another process holds it.

    The system releases the folder when the process ends, however it ends: nothing is left over.
    Where the file system has no locks, nobody is kept out.
    """
    descriptor = open_to_lock(folder)
    try:
        if not try_lock(descriptor):
            raise BlockingIOError(f"{folder} is in use by another process")
        yield
    finally:
        os.close(descriptor)


def open_to_lock(folder: Path) -> int:
    """A descriptor to lock that stands for `folder`."""
    if fcntl is not None:
        return os.open(folder, os.O_RDONLY)
    try:  # only one process can make this file, and it goes when that process dies
        return os.open(folder / IN_USE, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_TEMPORARY)
    except OSError as error:
        raise BlockingIOError(f"{folder} is in use by another process") from error


def flush_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can flush a folder."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def typed(path: str | Path) -> str:
    """A path as it is typed in a command: `my run` -> 'my run', -x -> ./-x.

    What no terminal shows is spelled by its bytes, as bash and zsh read them: $'two\\x0alines'.
    """
    text = str(path)
    if text.startswith("-"):
        text = f".{os.sep}{text}"
    if os.name == "nt":
        return subprocess.list2cmdline([text])
    return shlex.quote(text) if text.isprintable() else f"$'{''.join(map(spelled, text))}'"


def spelled(character: str) -> str:
    """A character within the quotes of $'...'."""
    if character.isprintable() and character not in "'\\":
        return character
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
