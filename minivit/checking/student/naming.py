"""Which known mistake explains a fault: each is tried on the same inputs, and compared.

A cause explains a part (y, dx, ...) if it foresees what came there at every point where it foresees
anything, and if that is wrong at one of them at least.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from minivit.checking.student import patterns
from minivit.checking.student.causes import OF_OPS, causes_of
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.faults import Fault
from minivit.checking.student.patterns import Named
from minivit.checking.student.trial import Trial

# How near what came is to what a cause foresees, relative to the largest number of the right result
# or of the foreseen one; and nearer to that than to the right one: some mistakes are small.
CLOSE = {"float64": 1e-6, "float32": 0.02}
NEARER, ROUNDING = 0.05, 1e-10
FAILED, PASSED = 12, 6  # so many trials a cause is tried at


class Group(NamedTuple):
    """The faults of one part and kind, with the trials that show them."""

    part: str
    kind: str
    wrong: list[tuple[Trial, Fault]]

    @property
    def trials(self) -> list[Trial]:
        return [trial for trial, _ in self.wrong]

    @property
    def count(self) -> int:
        """At how many points it shows."""
        return len({id(trial) for trial in self.trials})


def named(op: str, group: Group, trials: list[Trial]) -> Named | None:
    """The likely cause of a group of faults; None where none is known."""
    trial, fault = group.wrong[0]
    by_kind = patterns.of_kind(fault, trial)
    if by_kind:
        return by_kind
    if group.kind != "values":
        return patterns.of_place(group.trials, trials) or patterns.of_exception(fault)
    found = explanations(op, group.part, group.trials, trials)
    if found:
        cause = found[0].cause
        of_op = cause in OF_OPS.get(op, [])
        return Named(cause.name, cause.sentence, cause.hint, cause.line, of_op)
    return of_numbers(group, trials)


def of_numbers(group: Group, trials: list[Trial]) -> Named | None:
    """What the numbers of a part have in common, or the points where they are wrong."""
    numbers = [trial for trial, fault in group.wrong if fault.kind == "values"]
    if numbers:
        found = patterns.of_no_numbers(group.part, numbers)
        found = found or patterns.of_factor(group.part, numbers)
        return found or patterns.of_place(group.trials, trials)
    shapes = [(results(trial, group.part)[0], results_due(trial, group.part)[0])
              for trial in group.trials]  # fmt: skip
    told = [patterns.of_shape(*pair) for pair in sorted(shapes, key=lambda pair: -pair[0].size)]
    if len(set(told)) == 1:
        return told[0]
    return patterns.of_place(group.trials, trials) or told[0]


class Explained(NamedTuple):
    """A cause, and how much of what is wrong with a part it explains."""

    cause: Cause
    wrong: int  # results that came wrong, and just as the cause foresees


def explanations(
    op: str, part: str, wrong: list[Trial], trials: Iterable[Trial]
) -> list[Explained]:
    """The causes that explain a part, the best first."""
    right = [trial for trial in trials if part not in trial.parts and results(trial, part)]
    chosen = spread(wrong, FAILED) + spread(right, PASSED)
    views = [trial.point.views() for trial in chosen]
    found = [Explained(cause, explained(cause, part, chosen, views)) for cause in causes_of(op)]
    return sorted((one for one in found if one.wrong), key=lambda one: -one.wrong)


def spread(trials: list[Trial], most: int) -> list[Trial]:
    return trials[:: -(-len(trials) // most)] if len(trials) > most else trials


def results(trial: Trial, part: str) -> list[np.ndarray]:
    """What came of a part: once of y, for each dy of a gradient."""
    if part == "y":
        return [] if trial.y is None else [trial.y]
    found = [came.get(part) for came in trial.gradients]
    return [array for array in found if array is not None]


def results_due(trial: Trial, part: str) -> list[np.ndarray]:
    """What should have come of it; nothing of a call as a whole, or of an input that is None."""
    due = [trial.point.y] if part == "y" else [right.get(part) for right in trial.point.gradients]
    return [] if due[0] is None else due


def explained(cause: Cause, part: str, trials: list[Trial], views: list[list]) -> int:
    """How many wrong results the cause explains; 0 where it foresees another one than came."""
    count = 0
    for trial, seen in zip(trials, views, strict=True):
        rights = results_due(trial, part)
        for came, right, view in zip(results(trial, part), rights, seen, strict=False):
            foreseen = foresaw(cause, view).get(part)
            if foreseen is None:
                continue
            is_wrong = part in trial.parts
            within = CLOSE[trial.point.dtype]
            size = max(largest(right), largest(foreseen)) + 1e-3 * largest(view.dy)
            if is_wrong and came.shape == right.shape:
                within = min(within, NEARER * distance(came, right) / size if size else within)
            if not distance(came, np.asarray(foreseen)) <= within * size + ROUNDING * size:
                return 0
            count += is_wrong
    return count


def foresaw(cause: Cause, view) -> dict:
    with np.errstate(all="ignore"):
        return cause.mistake(view) or {}


def largest(array: np.ndarray) -> float:
    """The largest number that is one, in size."""
    return float(np.abs(array, where=np.isfinite(array), out=np.zeros(array.shape)).max(initial=0))


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference; infinity where shapes, NaN or infinity are not in the same places."""
    if one.shape != other.shape:
        return np.inf
    finite = np.isfinite(one)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return np.inf
    return float(np.abs(one[finite] - other[finite]).max(initial=0.0))
