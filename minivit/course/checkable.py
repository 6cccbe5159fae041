"""Exercises whose answer is an op: which functions `minivit check --exercise` takes and tries.

The last sentence of such an exercise's specification says so, and is read here:

    # **5.3 LayerNorm.** ... Roughly 4 lines.
    # `minivit check --exercise 5.3 FILE` checks `layernorm_backward`.
"""

import re
from typing import NamedTuple

from minivit.course.cells import Cell
from minivit.course.exercises import with_exercises
from minivit.course.finding import all_lessons
from minivit.course.lesson import Lesson
from minivit.course.slicing import Statement, in_place, statements, with_what_they_use
from minivit.course.written import Written, read_written
from minivit.errors import InputError
from minivit.files import typed

SENTENCE = re.compile(
    r"`minivit check --exercise (\S+) FILE` checks (`\w+`(?:(?:,| and|, and) `\w+`)*)\."
)


class Checkable(NamedTuple):
    """An exercise that an op checks."""

    number: str  # "5.3"
    functions: tuple[str, ...]  # that a student writes, ("layernorm_backward",)

    @property
    def op(self) -> str:
        return self.functions[0].rpartition("_")[0]


class Answer(NamedTuple):
    """What a student's file says to an exercise."""

    op: str | None
    source: bytes | None = None  # the functions and what they use; None for the whole file
    first: int | None = None  # of a notebook: the number of the exercise's first line of code


def checkable_in(lesson: Lesson) -> list[Checkable]:
    """The exercises of a lesson that an op checks."""
    prose: dict[str, list[str]] = {}
    for cell, exercise in with_exercises(lesson.cells):
        if cell.kind == "markdown" and exercise:
            prose.setdefault(exercise.number, []).append(cell.text)
    found = {number: SENTENCE.search(" ".join(" ".join(texts).split()))
             for number, texts in prose.items()}  # fmt: skip
    return [
        Checkable(number, tuple(re.findall(r"`(\w+)`", told[2])))
        for number, told in found.items()
        if told
    ]


def find_checkable(number: str) -> Checkable:
    """The exercise of this number; InputError, with those that there are, where no op checks it."""
    known = {one.number: one for lesson in all_lessons() for one in checkable_in(lesson)}
    if number not in known:
        raise InputError(
            f"no op checks exercise {number!r}. Ops check "
            f"{', '.join(known)}; any other has its check in the lesson, below the answer"
        )
    return known[number]


def answer_to(number: str, path: str) -> Answer:
    """The functions of an exercise, and what they use, from a student's file.

    Where the exercise stands in the file, with its heading, they are those of its cells, and what
    they use is looked for from the first cell to its last. In any other file they may stand
    anywhere. Raises OSError for a file that can't be read; InputError for one without the
    functions, and for an exercise that no op checks.
    """
    exercise, written = find_checkable(number), read_written(path)
    cells = written.of(number)
    source = taken(exercise, cells, written)
    if source is None:
        where = f"exercise {number} in {typed(path)}" if written.has(number) else typed(path)
        raise InputError(
            f"{where} does not define {' and '.join(exercise.functions)}, which the exercise asks "
            f"for; `minivit lessons {number.partition('.')[0]} --student` writes a file that does"
        )
    first = cells[0].line + 1 if written.is_notebook else None
    return Answer(exercise.op, source.encode(), first)


def taken(exercise: Checkable, cells: list[Cell], written: Written) -> str | None:
    """The text to load; None where a function is missing.

    Of cells that are no Python it is all of them, so that whoever loads it says what is wrong.
    """
    known, damaged = read_all(written.up_to(cells[-1]) if cells else [])
    functions = {f"{exercise.op}_{way}" for way in ("forward", "backward")}
    own = [one for one in known if any(one.lines[0] in cell.lines for cell in cells)]
    wanted = {name: one for one in own for name in one.binds & functions}  # the last of a name
    if all(name in wanted for name in exercise.functions):
        needed = with_what_they_use(wanted.values(), known)
        return in_place(written.text, [one.lines for one in needed])
    broken = [cell.lines for cell in damaged if cell in cells]
    return in_place(written.text, broken) if broken else None


def read_all(cells: list[Cell]) -> tuple[list[Statement], list[Cell]]:
    """The statements of cells, and the cells that are no Python."""
    found, damaged = [], []
    for cell in cells:
        try:
            found += statements(cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # as ast.parse raises them
            damaged.append(cell)
    return found, damaged
