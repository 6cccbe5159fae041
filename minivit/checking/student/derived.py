"""Gradients beside finite differences of the forward: right ones agree; and those of a wrong y may
be its derivative, and so no fault of their own."""

from minivit.checking.student.isolation.process import Defined
from minivit.checking.student.slopes import consistent
from minivit.checking.student.trial import Functions, Trial, asked, is_wrong


def follow_from_y(functions: Functions, found: Defined, trials: list[Trial]) -> set[str]:
    """The gradients that differ from the op's where y does, and are the derivative of that y."""
    wrong = [trial for trial in trials if is_wrong(trial, "y") and trial.gradients]
    double = [trial for trial in wrong if trial.point.dtype == "float64"] or wrong
    names = {part for trial in double for part in trial.parts if is_wrong(trial, part)} - {"y"}
    follow = set()
    for name in names:
        one = min((trial for trial in double if is_wrong(trial, name)), key=plainness)
        if consistent(functions, one, asked(one.point.call, found)).get(name):
            follow.add(name)
    return follow


def denied(functions: Functions, found: Defined, trials: list[Trial]) -> list[str]:
    """The gradients that are the op's at the plainest point, and not the slopes of y there."""
    right = [trial for trial in trials if not trial.faults and trial.gradients]
    right = [trial for trial in right if trial.point.dtype == "float64"]
    if not right:
        return []
    one = right[0]
    agree = consistent(functions, one, asked(one.point.call, found))
    return [name for name, agrees in agree.items() if not agrees]


def plainness(trial: Trial) -> tuple[bool, int]:
    """Differences are exact where nothing is special, and quick where there are few numbers."""
    return bool(trial.point.special), trial.point.y.size
