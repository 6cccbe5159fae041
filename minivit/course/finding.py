"""Where the lessons lie, and which one is meant."""

import re
from pathlib import Path

import minivit
from minivit.course.lesson import Lesson, key_of, read_lesson
from minivit.errors import InputError
from minivit.nearest import nearest


def lesson_folder() -> Path:
    """The lessons of the minivit that runs: inside it once installed, in a checkout beside it."""
    package = Path(minivit.__file__).resolve().parent
    for folder in (package / "lessons", package.parent / "lessons"):
        if any(folder.glob("[0-9][0-9]_*.py")):
            return folder
    raise InputError(
        "the lessons did not come with this installation; install minivit from its wheel, or take "
        "the folder lessons from the checkout"
    )


def lesson_files() -> dict[str, Path]:
    """{"00": its file, ..., "puzzles": its file}: the numbered ones first."""
    paths = [path for path in lesson_folder().glob("[!_]*.py")]
    paths.sort(key=lambda path: (not path.stem[0].isdigit(), path.stem))
    return {key_of(path.stem): path for path in paths}


def all_lessons() -> list[Lesson]:
    return [read_lesson(path) for path in lesson_files().values()]


def find_lesson(name: str) -> Lesson:
    """By its number (06 or 6), its topic (attention) or its file's name; InputError if unknown."""
    files = lesson_files()
    called = {}
    for key, path in files.items():
        called |= {key: path, path.stem: path, path.stem.removeprefix(f"{key}_"): path}
    wanted = re.split(r"[/\\]", name)[-1].lower().removesuffix(".py")
    if wanted.isascii() and wanted.isdigit():
        wanted = f"{int(wanted):02}"
    if wanted not in called:
        near = nearest(wanted, [known for known in called if not known.isdigit()])
        raise InputError(
            f"there is no lesson {name!r}{near}. There are {', '.join(files)}; `minivit lessons` "
            "tells what each is about"
        )
    return read_lesson(called[wanted])
