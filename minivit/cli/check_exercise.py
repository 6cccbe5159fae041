"""`minivit check --exercise 6.2 FILE`: what of a file is the answer to an exercise."""

import argparse
from pathlib import Path

from minivit.errors import InputError


def add_exercise(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--exercise", metavar="NUMBER",
        help="check the answer to this exercise of the lessons, say 6.2: FILE is a copy of its "
        "lesson, as a script or a notebook (`minivit lessons 06 --student`), or any Python file "
        "with its functions. Of FILE are taken these functions, and the imports, definitions and "
        "assignments that they use; nothing else of it runs (default: the whole file)",
    )  # fmt: skip


def answer_of(arguments: argparse.Namespace):
    """What is to be checked: the whole file, or the answer to an exercise in it."""
    from minivit.course.checkable import Answer, answer_to

    if arguments.exercise is None:
        if Path(arguments.file).suffix == ".ipynb":
            raise InputError(
                f"{arguments.file} is a notebook: name one of its exercises with --exercise"
            )
        return Answer(arguments.only)
    if arguments.only is not None:
        raise InputError("--exercise names the op that checks it; leave --only out")
    return answer_to(arguments.exercise, arguments.file)


def known_exercise(number: str) -> None:
    """InputError for an exercise that no op checks."""
    from minivit.course.checkable import find_checkable

    find_checkable(number)
