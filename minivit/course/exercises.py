"""A lesson's exercises: a heading, an answer between two markers, and a check.

    # **6.2 Title.** The specification.

    # %%
    def backward(dy, cache):
        ### BEGIN SOLUTION
        ...
        ### END SOLUTION

    assert ...

The heading stands in a cell of prose, answer and check in the cell of code below it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from minivit.course.cells import Cell, join
from minivit.errors import InputError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HEADING = re.compile(r"^\*\*((?:\w+\.)?\d+) ([^*]+?)\.?\*\*", re.MULTILINE)


class Exercise(NamedTuple):
    number: str  # "6.2"
    title: str

    @property
    def stub(self) -> str:
        """The line that stands in the answer's place until a student has written one."""
        name = json.dumps(f"exercise {self.number}: {self.title}", ensure_ascii=False)
        return f"raise NotImplementedError({name})"


class Part(NamedTuple):
    """A cell, or a half of one: an answer and its check are told apart."""

    role: str  # "prose", "code", "answer" or "check"
    text: str
    exercise: Exercise | None  # whose text, answer or check this is


class Piece(NamedTuple):
    """Lines of code: an answer (without its markers), or what stands around it."""

    is_answer: bool
    lines: list[str]
    indent: str = ""  # of an answer's markers


def pieces(code: str) -> list[Piece]:
    """Code cut at the markers; InputError where they are no pairs."""
    found = [Piece(False, [])]
    for line in code.split("\n"):
        mark = line.strip()
        if mark in (BEGIN, END):
            if found[-1].is_answer != (mark == END):
                raise InputError(f"a lesson is damaged: its {BEGIN} and {END} are no pairs")
            found.append(Piece(mark == BEGIN, [], line[: len(line) - len(line.lstrip())]))
        else:
            found[-1].lines.append(line)
    if found[-1].is_answer:
        raise InputError(f"a lesson is damaged: its last {BEGIN} has no {END}")
    return found


def has_answer(code: str) -> bool:
    return any(piece.is_answer for piece in pieces(code))


def opened(code: str, exercise: Exercise) -> str:
    """The code with a line that names the exercise in place of each answer."""
    return "\n".join(
        piece.indent + exercise.stub if piece.is_answer else "\n".join(piece.lines)
        for piece in pieces(code)
        if piece.is_answer or piece.lines
    )


def with_exercises(cells: Iterable[Cell]) -> Iterator[tuple[Cell, Exercise | None]]:
    """Each cell, and the exercise that it belongs to: the last one whose heading was read."""
    exercise = None
    for cell in cells:
        if cell.kind == "markdown":
            headings = HEADING.findall(cell.text)
            if headings or cell.text.lstrip().startswith("#"):
                exercise = None  # a new section of the lesson, unless it has an exercise
            for number, title in headings:
                exercise = Exercise(number, " ".join(title.split()))
        yield cell, exercise


def open_exercises(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """A student's copy: every answer taken out."""
    unnamed = Exercise("?", "the answer is yours")
    return tuple(
        cell.with_text(lambda body, named=exercise or unnamed: opened(body, named))
        if cell.kind == "code" and has_answer(cell.source)
        else cell
        for cell, exercise in with_exercises(cells)
    )


def student_copy(cells: Iterable[Cell]) -> str:
    return join(open_exercises(cells))


def parts(cells: Iterable[Cell]) -> list[Part]:
    """A lesson as graders want it: answer and check apart.

    The check is what follows the answer in its cell, from the first line that is not indented. If
    nothing does, it is the next cell of code that belongs to the exercise.
    """
    found: list[Part] = []
    for cell, exercise in with_exercises(cells):
        if cell.kind == "markdown":
            found.append(Part("prose", cell.text, exercise))
        elif has_answer(cell.text):
            answer, check = cut_after_answer(cell.text)
            found.append(Part("answer", answer, exercise))
            if check:
                found.append(Part("check", check, exercise))
        elif cell.text:
            waiting = exercise and found and found[-1].role == "answer"
            found.append(Part("check" if waiting else "code", cell.text, exercise))
    return found


def cut_after_answer(code: str) -> tuple[str, str]:
    """The code up to the end of the statement that holds the last answer, and what follows it."""
    lines = code.split("\n")
    last = max(i for i, line in enumerate(lines) if line.strip() == END)
    rest = (i for i in range(last + 1, len(lines)) if lines[i] and not lines[i][0].isspace())
    cut = next(rest, len(lines))
    return "\n".join(lines[:cut]).rstrip(), "\n".join(lines[cut:]).strip("\n")
