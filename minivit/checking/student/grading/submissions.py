"""The submissions in a folder, as systems for courses export them, and which file of each is meant.

    submissions/
      alice.py                  a submission each, called by its file's name (Canvas, Blackboard)
      bob/student.py            a folder each, called by the folder's name (Moodle, Gradescope)

Of a folder the one .py file is meant, or if there are several, the one that defines ops. What lies
deeper is not looked at, nor what begins with "." or "__", nor links: a link could lead to the file
of somebody else. Files are read and never run here.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from minivit.checking.calls import OPS
from minivit.checking.student.isolation.process import LARGEST
from minivit.errors import InputError

FUNCTION = re.compile(
    rf"^(?:def[ \t]+)?(?:{'|'.join(OPS)})_(?:forward|backward)[ \t]*[(=]".encode(), re.MULTILINE
)


class Submission(NamedTuple):
    """What somebody has handed in."""

    name: str  # of its entry in the folder
    path: Path | None  # the file that is checked
    problem: str = ""  # why there is none


class Found(NamedTuple):
    submissions: list[Submission]
    left_out: list[str]  # the names of files that are none


def submissions_in(folder: str | Path) -> Found:
    """All submissions, by name; InputError where there are none, or no folder."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: expected one with submissions, a .py file each")
    found, left_out = [], []
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"{folder} can't be read: {error.strerror}; choose a folder that can be"
        ) from error
    for entry in entries:
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir() and not entry.is_symlink():
            found.append(meant(entry))
        elif entry.suffix != ".py":
            left_out.append(entry.name)
        elif entry.is_symlink() or not entry.is_file():
            found.append(Submission(entry.name, None, "it is no file but a link or the like"))
        else:
            found.append(Submission(entry.name, entry))
    if not found:
        raise InputError(
            f"{folder} holds no submissions: expected .py files in it, or a folder for each student"
        )
    return Found(found, left_out)


def handed_in(path: str) -> Submission:
    """What somebody has handed in as a file, or as a folder with a file in it."""
    return meant(Path(path)) if Path(path).is_dir() else Submission(path, Path(path))


def meant(folder: Path) -> Submission:
    """The file of a folder that is to be checked."""
    try:
        files = files_in(folder)
    except OSError as error:
        return Submission(folder.name, None, f"the folder can't be read: {error.strerror}")
    several = [path for path in files if defines_ops(path)] if len(files) > 1 else files
    if len(several) == 1:
        return Submission(folder.name, several[0])
    if not files:
        return Submission(folder.name, None, f"the folder holds no .py file{deeper(folder)}")
    names = ", ".join(path.name for path in several or files)
    how_many = "more than one" if several else "none"
    return Submission(folder.name, None, f"{how_many} of its files defines ops: {names}")


def deeper(folder: Path) -> str:
    """What may be meant instead, in words: a folder within, as a zip often has one."""
    names = sorted(path.name for path in folder.iterdir()
                   if path.is_dir() and not path.name.startswith((".", "__")))  # fmt: skip
    return f", but a folder, {names[0]}/: hand in the file itself" if names else ""


def files_in(folder: Path) -> list[Path]:
    """The .py files that somebody may have written there."""
    return [
        path for path in sorted(folder.iterdir())
        if path.suffix == ".py" and not path.name.startswith((".", "__"))
        and path.is_file() and not path.is_symlink()
    ]  # fmt: skip


def defines_ops(path: Path) -> bool:
    """Whether a function of an op is defined at the beginning of a line."""
    return FUNCTION.search(source_of(path)) is not None


def source_of(path: Path) -> bytes:
    """As much of a file as is ever checked, and one byte more; nothing, if it can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        return b""


def content(submission: Submission) -> str:
    """Stands for what was handed in: another content has another word."""
    what = submission.problem.encode() if submission.path is None else source_of(submission.path)
    return sha256(what).hexdigest()[:16]
