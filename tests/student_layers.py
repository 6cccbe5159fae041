"""Layers as students write them: right ones, and wrong ones with the bugs that students make.

Each is the text of one file, checking/student/layers/KIND/OP/NAME.py, which defines the forward of
an op, its backward, or both. KIND is "right", "wrong" or "held_back": wrong ones that are not
looked at by whoever writes down causes of mistakes, so that the causes don't fit the table alone.

A file begins with a sentence that says how it is written, or what is wrong. A wrong one then says
what it spoils: "y", gradients ("dx", "dgamma"), and what it breaks of the law:

    dtype    a result has another dtype than the inputs
    inputs   an array that was handed in, dy among them, is written into
    memory   a gradient shares memory with dy, or with another gradient
    state    a call changes what one before it returned, or what its backward will return

Its last line may name the cause that the checker should find: the identifier of a mistake. One that
was held back names each that would be right, and has no such line where none is.

What a student leaves out of a signature is not asked for: options, and optional inputs at the end.
Other ops may be called, and the helpers of an op, but not the op itself.
"""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from minivit.checking.sizes import Call

FOLDER = Path(__file__).parent / "checking" / "student" / "layers"
LAW = "dtype", "inputs", "memory", "state"


class Layer(NamedTuple):
    """The text of a student's file, and what is known of it."""

    kind: str
    op: str
    name: str  # an identifier: the op and what is done, such as "relu-negatives-set-in-place"
    sentence: str
    spoils: tuple[str, ...]  # nothing, where it is right
    causes: tuple[str, ...]  # identifiers; none where none is known, and where it is right
    text: str

    @property
    def cause(self) -> str:
        """The first of the causes; "" where there is none."""
        return next(iter(self.causes), "")

    def functions(self) -> tuple[Callable | None, Callable | None]:
        """Forward and backward, from a new module each time; None for one that is not there."""
        names: dict = {"__name__": self.name}
        exec(compile(self.text, self.name, "exec"), names)
        return names.get(f"{self.op}_forward"), names.get(f"{self.op}_backward")


def layers(*kinds: str) -> list[Layer]:
    """All layers of these kinds, by name."""
    return [read(path) for kind in kinds for path in sorted((FOLDER / kind).glob("*/*.py"))]


def read(path: Path) -> Layer:
    op, text = path.parent.name, path.read_text(encoding="utf-8")
    sentence, *rest = ast.get_docstring(ast.parse(text)).splitlines()
    name = f"{op}-{path.stem}".replace("_", "-")
    return Layer(
        path.parents[1].name, op, name, sentence,
        listed(rest, "Spoils: "), listed(rest, "Cause: "), text,
    )  # fmt: skip


def listed(lines: list[str], word: str) -> tuple[str, ...]:
    """What follows a word at the beginning of a line, cut at commas; nothing if none begins so."""
    found = next((line.removeprefix(word) for line in lines if line.startswith(word)), "")
    return tuple(found.split(", ")) if found else ()


def inputs_taken(forward: Callable | None, call: Call) -> int | None:
    """How many of the call's inputs a student's forward takes; None where it can't be called so.

    It may leave out options, and inputs at the end that are absent in this call.
    """
    if forward is None:
        return len(call.inputs)
    parameters = inspect.signature(forward).parameters.values()
    options = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    taken = len(parameters) - len(options)
    missed = any(array is not None for array in call.inputs[taken:])
    return None if missed or not options.issuperset(call.options) else taken
