"""The likely cause of a group of faults of a student's layer: what is known of all its trials."""

import math
from typing import NamedTuple

import numpy as np

from minivit.checking.diagnosis import kinds
from minivit.checking.diagnosis.explaining import explained, explanation
from minivit.checking.diagnosis.likely import of_values
from minivit.checking.diagnosis.named import Named
from minivit.checking.diagnosis.shapes import of_shape
from minivit.checking.diagnosis.sight import Sight
from minivit.checking.diagnosis.values import NO_NUMBERS
from minivit.checking.student.causes import OF_OPS, causes_of
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.faults import Fault
from minivit.checking.student.places import OVERFLOW, of_place
from minivit.checking.student.trial import Trial

# How near what came must be to what a cause foresees, relative to the right result.
CLOSE = {"float64": 1e-6, "float32": 0.02}
ENOUGH = 2  # wrong results that a cause must foresee where others are right
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
    by_kind = kinds.of_kind(fault.kind, fault.part, fault.sentence, trial.point.dtype)
    if by_kind:
        return by_kind
    if group.kind == "raised" and is_lone(group, trials):
        return kinds.ANOTHER_CACHE
    if group.kind != "values":
        return of_place(group.trials, trials) or kinds.of_exception(fault.sentence)
    return of_numbers(op, group, trials) or of_place(group.trials, trials)


def is_lone(group: Group, trials: list[Trial]) -> bool:
    """Whether a backward that stands alone raised at every point."""
    return (
        group.part == "backward" and group.count == len(trials)
        and all(trial.y is None for trial in trials)
    )  # fmt: skip


def of_numbers(op: str, group: Group, trials: list[Trial]) -> Named | None:
    """What explains the numbers of a part in the first way to call the op that shows them wrong,
    and in all others, too, if anything does: there the layer may have a second mistake."""
    words = group.trials[0].point.call.words
    first = Group(group.part, group.kind, [one for one in group.wrong
                                           if one[0].point.call.words == words])  # fmt: skip
    there = seen(first, [trial for trial in trials if trial.point.call.words == words])
    everywhere, known = seen(group, trials), causes_of(op)
    causes = [cause for cause in known if explained(cause, group.part, there)]
    found = explanation(causes, group.part, everywhere) or explanation(causes, group.part, there)
    found = found or explanation(known, group.part, everywhere) or of_some_shapes(group, known)
    if found:
        own = {cause.name for cause in OF_OPS.get(op, [])}
        return found._replace(is_of_op=found.name in own)
    if all(fault.kind == "shape" for _, fault in group.wrong):
        return of_shapes(group, trials)
    return of_values_alone(group) or of_values_alone(first)


def of_some_shapes(group: Group, known: list[Cause]) -> Named | None:
    """A cause that foresees all that is wrong, though other points are right: the layer does it at
    some shapes only."""
    wrong = [sight for trial in group.trials for sight in sights(trial, group.part)]
    causes = [cause for cause in known if explained(cause, group.part, wrong) == len(wrong)]
    return explanation(causes, group.part, wrong) if len(wrong) >= ENOUGH else None


def of_shapes(group: Group, trials: list[Trial]) -> Named | None:
    """What wrong shapes tell; or where they are wrong; or what the largest tells, of whose axes few
    have the same length."""
    pairs = [(results(trial, group.part)[0].shape, results_due(trial, group.part)[0].shape)
             for trial in group.trials]  # fmt: skip
    told = [of_shape(*pair) for pair in sorted(pairs, key=lambda pair: -math.prod(pair[0]))]
    if len(set(told)) == 1:
        return told[0]
    return of_place(group.trials, trials) or told[0]


def of_values_alone(group: Group) -> Named | None:
    """What the wrong numbers of a part have in common."""
    numbers = [trial for trial, fault in group.wrong if fault.kind == "values"]
    wrong = [sight for trial in spread(numbers, FAILED) for sight in sights(trial, group.part)]
    found = of_values(group.part, wrong)
    if found == NO_NUMBERS and not any(map(plain, numbers)):
        return OVERFLOW
    return found


def plain(trial: Trial) -> bool:
    """Whether neither the numbers nor the call are unusual."""
    return not (trial.point.special or trial.point.call.words)


def seen(group: Group, trials: list[Trial]) -> list[Sight]:
    """Some results of the part, wrong ones and right ones."""
    right = [trial for trial in trials if group.part not in trial.parts]
    right = [trial for trial in right if results(trial, group.part)]
    chosen = spread(group.trials, FAILED) + spread(right, PASSED)
    return [sight for trial in chosen for sight in sights(trial, group.part)]


def sights(trial: Trial, part: str) -> list[Sight]:
    """What came of a part: once of y, for each dy of a gradient."""
    wrong, close = part in trial.parts, CLOSE[trial.point.dtype]
    came, right = results(trial, part), results_due(trial, part)
    views = trial.point.views()
    return [Sight(*one, wrong, close) for one in zip(came, right, views, strict=False)]


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
