"""Causes that show in where a layer is wrong: in float32 alone, far from 0, without a bias, ..."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from minivit.checking.diagnosis.named import Named
from minivit.checking.student.plans import ABOVE, CLOSE_AND_FAR, FAR, FAR_APART
from minivit.checking.student.trial import Trial


class Place(NamedTuple):
    """A kind of point, and what it means that a layer is wrong there alone."""

    named: Named
    holds: Callable[[Trial], bool]


def of_place(wrong: list[Trial], trials: list[Trial]) -> Named | None:
    """The narrowest kind of point that holds all trials that are wrong; None if any does."""
    found = []
    for place in places(wrong, trials):
        there = sum(map(place.holds, trials))
        if there < len(trials) and all(map(place.holds, wrong)):
            found.append((there, place.named))
    return min(found, key=lambda one: one[0])[1] if found else None


def places(wrong: list[Trial], trials: list[Trial]) -> Iterator[Place]:
    """The kinds of points among the trials."""
    yield Place(OVERFLOW, lambda trial: trial.point.special in (FAR_APART, ABOVE))
    yield Place(CANCELLATION, lambda trial: trial.point.special in (FAR, CLOSE_AND_FAR))
    yield Place(RANK, lambda trial: "axes" in trial.point.special)
    yield Place(ONE, lambda trial: 1 in lengths_of(trial))
    yield Place(SINGLE, lambda trial: trial.point.dtype == "float32")
    yield from of_inputs(wrong, trials)
    plain = trials[0].point.call.options
    for option in {option: 0 for trial in trials for option in trial.point.call.options}:

        def differs(trial, option=option):
            return form(trial.point.call.options.get(option)) != form(plain.get(option))

        yield Place(of_option(option, option in plain), differs)


def of_inputs(wrong: list[Trial], trials: list[Trial]) -> Iterator[Place]:
    """Where those inputs are absent that are so wherever it is wrong, and not everywhere."""
    names = [name for name in trials[0].point.inputs
             if all(trial.point.inputs[name] is None for trial in wrong)
             and any(trial.point.inputs[name] is not None for trial in trials)]  # fmt: skip
    if names:
        yield Place(absent(names), lambda trial: all(trial.point.inputs[n] is None for n in names))


def form(value) -> str:
    """What tells two values of an option apart; of an array, its shape and dtype."""
    return f"{value.shape} {value.dtype}" if isinstance(value, np.ndarray) else repr(value)


def lengths_of(trial: Trial) -> list[int]:
    return [n for x in trial.point.inputs.values() if x is not None for n in x.shape]


OVERFLOW = Named(
    "overflow", "it fails where scores are far apart: an exponential overflows, or becomes 0 and "
    "is divided by, or a probability is 0 and has no logarithm",
    "What are exp(1000) and exp(-1000) in a float? What may be taken off all scores of a row?",
    "softmax(s) = softmax(s - max s)")  # fmt: skip
CANCELLATION = Named(
    "cancellation", "it fails far from 0, where E[x^2] and mean^2 are large and nearly the same",
    "How many digits are left of a difference of two large numbers? Subtract earlier.",
    "var = mean((x - mean)^2)")  # fmt: skip
RANK = Named(
    "rank", "it holds for one number of axes alone",
    "Which axes does the formula speak of? Count them from the end, and leave the others alone.",
    "x (..., D): any number of axes may stand before the last")  # fmt: skip
ONE = Named(
    "axes-of-one", "it fails where an axis has the length 1",
    "What do squeeze, [0], broadcasting and n - 1 do to an axis of length 1?",
    "a batch of one image, one token and one column are allowed")  # fmt: skip
SINGLE = Named(
    "float32-alone", "it fails in float32 alone",
    "Which numbers get too large, too small or too much alike for 7 digits?",
    "dtype in = dtype out, float32 and float64 alike")  # fmt: skip


def absent(names: list[str]) -> Named:
    those, are = " and ".join(names), "are" if len(names) > 1 else "is"
    return Named(
        "absent-input", f"it fails where {those} {are} None",
        f"{' or '.join(names)} may be left out. Where does your function use it all the same?",
        "an input that may be None gets None for its gradient then")  # fmt: skip


def of_option(option: str, in_every_call: bool) -> Named:
    where = "is another than in the plain call" if in_every_call else "is given"
    return Named(
        "option-mistaken", f"it fails where the option {option} {where}",
        f"Run the plain call and this one side by side: where should {option} make a difference?",
        "the options are part of the op: see its docstring")  # fmt: skip
