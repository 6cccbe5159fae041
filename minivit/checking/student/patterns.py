"""Causes that show in what kind of fault there is, or in where it is, and not in the numbers."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from minivit.checking.student.faults import Fault
from minivit.checking.student.plans import CLOSE_AND_FAR, FAR, FAR_APART
from minivit.checking.student.trial import Trial

LAW = "the law of an op: minivit/ops are written by it"


class Named(NamedTuple):
    """A likely cause, as it is told."""

    name: str  # an identifier
    sentence: str
    hint: str
    line: str  # of the derivation, that is broken
    is_of_op: bool = False  # not a mistake that any op may have


def of_kind(fault: Fault, trial: Trial) -> Named | None:
    """The cause that a fault tells by its kind."""
    if fault.kind == "dtype":
        return DTYPE[trial.point.dtype]
    if fault.kind == "written":
        return WRITTEN["dy" if fault.sentence.endswith("into dy") else "input"]
    if fault.kind == "form":
        return of_form(fault)
    return KINDS.get(fault.kind)


def of_form(fault: Fault) -> Named | None:
    if fault.part == "forward":
        return NO_PAIR
    return (
        WRONG_COUNT
        if fault.part == "backward"
        else NO_GRADIENT
        if "None, for" in fault.sentence
        else NO_ARRAY
    )


DTYPE = {
    "float32": Named(
        "dtype-promoted", "a float64 came in on the way: float32 and float64 give float64",
        "Look for numbers that NumPy makes itself: np.sqrt of a Python number, np.zeros without a "
        "dtype, np.vectorize, a table.", f"dtype in = dtype out ({LAW})"),
    "float64": Named(
        "dtype-lowered", "the numbers are turned into float32 on the way, and lose half their digits",
        "Look for astype and dtype= in your function: which dtype has the input?",
        f"dtype in = dtype out ({LAW})"),
}  # fmt: skip
WRITTEN = {
    "input": Named(
        "input-overwritten", "an array that belongs to the caller is changed",
        "Which of +=, -=, *=, out= and x[...] = works on an array that was handed in?",
        f"an op writes into none of its arguments ({LAW})"),
    "dy": Named(
        "upstream-overwritten", "dy, which belongs to the caller, is changed",
        "Which of +=, -=, *=, out= and dy[...] = works on dy itself?",
        f"an op writes into none of its arguments ({LAW})"),
}  # fmt: skip
KINDS = {
    "memory": Named(
        "memory-shared", "two of the arrays are one: whoever adds to one changes the other",
        "NumPy's reshape, transpose and [...] give views. Where do you return one, or dy itself?",
        f"a gradient shares memory with nothing ({LAW})"),
    "state": Named(
        "state-kept", "something is kept from one call to the next",
        "Call the forward on two inputs, then both backwards: what outlives a call in your file?",
        f"all that the backward needs is in the cache ({LAW})"),
}  # fmt: skip
WRONG_COUNT = Named(
    "wrong-count", "the backward returns another number of gradients than the forward has inputs",
    "Which arrays does the forward take, and in which order?",
    f"one gradient per input, in the same order ({LAW})")  # fmt: skip
NO_PAIR = Named(
    "no-pair", "the forward does not return a pair",
    "What must the backward remember? Return that beside y.", f"y, cache = forward(...) ({LAW})")  # fmt: skip
NO_ARRAY = Named(
    "no-array", "a result is no array of floats", "Print type(...) and the dtype of what you return.",
    f"arrays in, arrays out ({LAW})")  # fmt: skip
NO_GRADIENT = Named(
    "absent-input", "an input that was left out (None) gets a gradient",
    "What is the gradient of something that isn't there?",
    f"an absent input gets None ({LAW})")  # fmt: skip


def of_shape(came: np.ndarray, right: np.ndarray) -> Named | None:
    """What a wrong shape tells."""
    if came.size == right.size and lengths(came) == lengths(right):
        if came.ndim == right.ndim:
            return Named(
                "transposed", "the axes are in another order", "Which axis is which? Write the "
                "shape beside each line.", "the result has the shape that the docstring tells")  # fmt: skip
        return Named(
            "axis-lost", "an axis of length 1 is lost, or one too many is there",
            "squeeze, keepdims and [0]: which of them is at work, and on which axis?",
            "the result has the shape that the docstring tells")  # fmt: skip
    if came.ndim > right.ndim and came.shape[came.ndim - right.ndim :] == right.shape:
        return Named(
            "not-summed", "the gradient still has the axes that the input does not have",
            "The input is used once for each place of those axes. How do several uses add up?",
            "an input used many times gets the sum of the gradients of all uses")  # fmt: skip
    return None


def lengths(array: np.ndarray) -> list[int]:
    return sorted(n for n in array.shape if n > 1)


class Place(NamedTuple):
    """A kind of point, and what it means that a layer is wrong there alone."""

    named: Named
    holds: Callable[[Trial], bool]


def of_no_numbers(part: str, wrong: list[Trial]) -> Named | None:
    """NaN or infinity in the place of numbers, wherever the part is wrong."""
    came = [[trial.y] if part == "y" else [g[part] for g in trial.gradients] for trial in wrong]
    if all(any(not np.isfinite(array).all() for array in arrays) for arrays in came):
        return OVERFLOW
    return None


def of_exception(fault: Fault) -> Named | None:
    """What NumPy says of shapes that do not fit together."""
    words = "broadcast", "mismatch", "not aligned", "reshape"
    return SHAPES if any(word in fault.sentence for word in words) else None


def of_place(wrong: list[Trial], trials: list[Trial]) -> Named | None:
    """The narrowest kind of point that holds all trials that are wrong; None if any does."""
    found = []
    for place in places(trials):
        there = sum(map(place.holds, trials))
        if there < len(trials) and all(map(place.holds, wrong)):
            found.append((there, place.named))
    return min(found, key=lambda one: one[0])[1] if found else None


def places(trials: list[Trial]) -> Iterator[Place]:
    """The kinds of points among the trials."""
    yield Place(OVERFLOW, lambda trial: trial.point.special == FAR_APART)
    yield Place(CANCELLATION, lambda trial: trial.point.special in (FAR, CLOSE_AND_FAR))
    yield Place(RANK, lambda trial: "axes" in trial.point.special)
    yield Place(ONE, lambda trial: 1 in lengths_of(trial))
    yield Place(SINGLE, lambda trial: trial.point.dtype == "float32")
    plain = trials[0].point
    for name in plain.inputs:
        if any(trial.point.inputs[name] is None for trial in trials):
            yield Place(absent(name), lambda trial, name=name: trial.point.inputs[name] is None)
    for option in {option: 0 for trial in trials for option in trial.point.call.options}:

        def differs(trial, option=option):
            return repr(trial.point.call.options.get(option)) != repr(
                plain.call.options.get(option)
            )

        yield Place(of_option(option), differs)


def lengths_of(trial: Trial) -> list[int]:
    return [n for x in trial.point.inputs.values() if x is not None for n in x.shape]


OVERFLOW = Named(
    "overflow", "it fails where scores are far apart: an exponential overflows, or a probability "
    "is 0 and has no logarithm",
    "exp(1000) is too large for a float. What may be taken off all scores of a row?",
    "softmax(s) = softmax(s - max s)")  # fmt: skip
CANCELLATION = Named(
    "cancellation", "it fails far from 0, where E[x^2] and mean^2 are large and nearly the same",
    "How many digits are left of a difference of two large numbers? Subtract earlier.",
    "var = mean((x - mean)^2)")  # fmt: skip
SHAPES = Named(
    "shapes-do-not-fit", "two arrays meet whose shapes do not fit together",
    "Write the shape beside each line. Which sum should keep its axis (keepdims=True)? Which axes "
    "should be counted from the end?", "shapes as in the docstring of the op")  # fmt: skip
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


def absent(name: str) -> Named:
    return Named(
        "absent-input", f"it fails where {name} is None",
        f"{name} may be left out. Where does your function use it all the same?",
        f"{name} may be None, and gets None for its gradient then")  # fmt: skip


def of_option(option: str) -> Named:
    return Named(
        "option-mistaken", f"it fails where the option {option} is given",
        f"Run the plain call and the one with {option} side by side: which line should differ?",
        "the options are part of the op: see its docstring")  # fmt: skip


LETTERS = "B", "T", "N", "D", "H", "K", "M", "C", "P"


def of_factor(part: str, trials: list[Trial]) -> Named | None:
    """A number that the right gradient is multiplied by, the same everywhere or one of the sizes."""
    found = []
    if part == "y":
        return None
    for trial in trials:
        if part not in trial.parts or trial.point.dtype == "float32":
            continue
        for came, right in zip(trial.gradients, trial.point.gradients, strict=False):
            factor = ratio(came.get(part), right[part])
            if factor is None:
                return None
            if not math.isnan(factor):
                found.append((factor, trial.point))
    if not found:
        return None
    for words, formula in [*expressions(), (f"{found[0][0]:.4g}", lambda at: found[0][0])]:
        if all(close(factor, formula(at)) for factor, at in found):
            return Named(
                "constant-factor", f"it is {words} times the right one",
                "Where does the number of values that are averaged, summed or scaled come in?",
                "y = c f(x):   dx = c f'(x) dy")  # fmt: skip
    return None


def close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-5 * abs(other)


def expressions() -> Iterator[tuple[str, Callable]]:
    """The factors that are tried: numbers, sizes, counts of numbers, their inverses and roots."""
    for number in 2, 3, 4:
        yield str(number), lambda at, number=number: number
        yield f"1/{number}", lambda at, number=number: 1 / number
    counts = {letter: lambda at, letter=letter: getattr(at.sizes, letter) for letter in LETTERS}
    for axis in range(4):
        words = f"the length of axis {axis} of dy"
        counts[words] = lambda at, axis=axis: at.y.shape[axis] if axis < at.y.ndim else math.nan
    counts["the number of values"] = lambda at: at.y.size
    counts["the number of tokens"] = lambda at: math.prod(at.y.shape[:-1])
    for words, count in counts.items():
        yield words, count
        yield f"1/{words}", lambda at, count=count: 1 / count(at)
        yield f"sqrt({words})", lambda at, count=count: math.sqrt(count(at))
        yield f"1/sqrt({words})", lambda at, count=count: 1 / math.sqrt(count(at))


def ratio(came: np.ndarray | None, right: np.ndarray | None) -> float | None:
    """came / right, where that is one number; NaN where both are 0, None where there is none."""
    if came is None or right is None or came.shape != right.shape:
        return None
    if not (np.isfinite(came).all() and np.isfinite(right).all()):
        return None
    largest = np.abs(right).max(initial=0.0)
    if largest == 0:
        return math.nan if not came.any() else None
    unit = right / largest
    factor = float((came * unit).sum() / (unit * right).sum())
    return factor if np.abs(came - factor * right).max() <= 1e-7 * np.abs(came).max() else None
