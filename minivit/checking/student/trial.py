"""One point put to a student's functions: what came, and every fault of it.

A wrong y makes other gradients right than those of the op: they are then left to `slopes.py`, which
asks whether they are the derivative of the y that came.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from minivit.checking.calls import Call
from minivit.checking.student.faults import (
    Fault,
    alike,
    expected_gradients,
    gradient_of,
    written,
    y_of,
)
from minivit.checking.student.isolation.answers import Answer, Failed, Handle
from minivit.checking.student.isolation.process import Defined, Takes
from minivit.checking.student.point import DRAWS, Point, input_names, option_names


class Functions(Protocol):
    """A student's functions, wherever they run: `isolation.process.StudentProcess` is one."""

    def forward(self, op: str, inputs: tuple, options: Mapping) -> Answer: ...

    def backward(self, op: str, dy: np.ndarray, cache: Handle) -> Answer: ...

    def reference(self, op: str, inputs: tuple, options: Mapping) -> Handle: ...


class Trial(NamedTuple):
    """A point, what came of it, and what is wrong with that."""

    point: Point
    faults: tuple[Fault, ...]
    y: np.ndarray | None = None  # what came, where it is an array
    gradients: tuple[dict[str, np.ndarray | None], ...] = ()  # for each draw of dy

    @property
    def parts(self) -> set[str]:
        """What is wrong."""
        return {fault.part for fault in self.faults}


def is_wrong(trial: Trial, part: str) -> bool:
    """Whether the numbers of a part are wrong."""
    return any(fault.part == part and fault.kind == "values" for fault in trial.faults)


class Asked(NamedTuple):
    """How a student's functions are called at a point."""

    ways: tuple[str, ...]
    taken: int | None  # how many inputs the forward takes


def asked(call: Call, found: Defined) -> Asked | None:
    """None where the forward can't be called so: it may leave out options and absent inputs."""
    if "forward" not in found.ways:
        return Asked(found.ways, None)
    taken = inputs_taken(call, found.takes["forward"])
    return None if taken is None else Asked(found.ways, taken)


def inputs_taken(call: Call, takes: Takes) -> int | None:
    """How many of the call's inputs a forward takes; None where it lacks an input or an option."""
    options, names = option_names(call.op), input_names(call.op)
    places = [name for name in takes.places if name not in options]
    words = {*takes.words, *takes.places}
    if "**" not in words and not words.issuperset(call.options):
        return None
    if "*" in places:
        return len(names)
    missed = list(call.inputs)[len(places) :]
    return None if any(array is not None for array in missed) else min(len(places), len(names))


def tried(
    functions: Functions, point: Point, how: Asked, again: bool = True, draws: int = DRAWS
) -> Trial:
    """Call the functions at a point, with as many draws of dy, and look at everything that came.

    With `again` they are called on other inputs and then on these again: what they keep shows.
    Raises Failed for whatever leaves nothing to go on with: all but an exception of the student's.
    """
    found: list[Fault] = []
    inputs = point.given(how.taken)
    y, cache, fits = None, None, True
    if "forward" in how.ways:
        answer = attempt(lambda: functions.forward(point.op, inputs, point.call.options), found,
                         "forward")  # fmt: skip
        if answer is None:
            return Trial(point, tuple(found))
        found += written(answer, point, "forward")
        (wrong, y), cache = y_of(answer, point), answer.cache
        found += wrong
        fits = y is not None and y.shape == point.y.shape
    else:
        cache = functions.reference(point.op, point.given(), point.call.options)
    if "backward" not in how.ways or cache is None or not fits:
        return Trial(point, tuple(found), y)
    gradients = []
    for draw in range(draws):
        came = gradients_at(functions, point, cache, draw, how, found)
        if came is None:
            return Trial(point, tuple(found), y, tuple(gradients))
        gradients.append(came)
    if again and not any(fault.kind == "overwritten" for fault in found):
        found += kept_state(functions, point, cache, gradients[0], how)
    return Trial(point, tuple(found), y, tuple(gradients))


def attempt(call, found: list[Fault], part: str) -> Answer | None:
    """The answer of a call; None, and a fault, for an exception of the student's function, and for
    a backward that is still a stub: the forward can be looked at all the same."""
    try:
        return call()
    except Failed as failed:
        is_stub = failed.kind == "not implemented" and part == "backward"
        if failed.kind != "raised" and not is_stub:
            raise
        found.append(Fault(part, failed.kind, str(failed), line=failed.line))
        return None


def gradients_at(
    functions: Functions, point: Point, cache: Handle, draw: int, how: Asked, found: list[Fault]
) -> dict[str, np.ndarray | None] | None:
    """The gradients that a backward returns for one dy, and what is wrong with them."""
    dy = point.dys[draw].astype(point.dtype)
    answer = attempt(lambda: functions.backward(point.op, dy, cache), found, "backward")
    if answer is None:
        return None
    found += written(answer, point, "backward")
    names = list(point.gradients[draw])[: how.taken]
    if len(answer.values) != len(names):
        found.append(Fault("backward", "form", f"the backward returned {answer.form}: expected "
                           f"{expected_gradients(names)}", draw))  # fmt: skip
        return None
    came = {}
    for name, value in zip(names, answer.values, strict=True):
        right = point.gradients[draw][name]
        fault, came[name] = gradient_of(name, value, right, point, draw)
        found += fault
    return came


def kept_state(
    functions: Functions, point: Point, cache: Handle, first: dict, how: Asked
) -> list[Fault]:
    """Call the backward again, and once more after a call on other inputs: it must return the
    same."""
    second = gradients_at(functions, point, cache, 0, how, [])
    found = [Fault(name, "repeated", f"{name} is another when the backward is called again")
             for name in others_than(first, second, point)]  # fmt: skip
    if found:
        return found
    others = tuple(x if x is None else np.array(x[::-1]) / 2 for x in point.given(how.taken))
    if "forward" in how.ways:
        answer = attempt(
            lambda: functions.forward(point.op, others, point.call.options), [], "forward"
        )
        if answer is not None:
            found += [fault for fault in written(answer, point, "forward") if fault.kind == "state"]
    again: list[Fault] = []
    came = gradients_at(functions, point, cache, 0, how, again)
    for name in others_than(first, came, point):
        said = f"{name} is another after a forward on other inputs"
        found.append(Fault(name, "state", said))
    found += [fault for fault in again if fault.kind == "state"]
    return found


def others_than(first: dict, came: dict | None, point: Point) -> list[str]:
    """The gradients that are no longer what they were."""
    return [name for name, array in first.items()
            if came is None or not alike(came[name], array, point.dtype)]  # fmt: skip
