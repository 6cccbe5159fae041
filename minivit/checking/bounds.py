"""Between which two numbers a gradient must lie, as far as differences can tell.

A difference is never exact: numbers are rounded, a step has a length, and at a kink the slopes of
the two sides differ. So the true gradient is known as an interval, low <= gradient <= high, and a
gradient is wrong where it lies outside, by more than the tolerance times its own size.
"""

from typing import NamedTuple

import numpy as np

# Each is relative to what its comment names first.
ROUNDING = 16 * np.finfo(np.float64).eps  # y: an op seldom rounds by more inside
BACKWARD_ROUNDING = 1e-13  # y / x: what is left where a backward cancels, as in a sure softmax
LOST_INSIDE = 1e-11  # y / x over all outputs: below, rounding inside an op decides
TRUE_ZERO = 1e-12  # the largest gradient plus dy: what a true 0 may come out as


class Bounds(NamedTuple):
    """What is known of the gradient of one input, for two draws of dy."""

    low: np.ndarray  # (2, *x.shape)
    high: np.ndarray  # (2, *x.shape)
    rounding: np.ndarray  # (2, *x.shape), the part of high - low that is rounding alone
    kinks: dict  # {index: what is special there}, where one-sided slopes differ
    coarse: float  # the rounding error of the forward, relative to y, where it was measured


def outside(low: np.ndarray, high: np.ndarray, given: np.ndarray) -> np.ndarray:
    """By how much of its own size each element lies outside its interval; 0 inside."""
    with np.errstate(all="ignore"):
        inside = (low <= given) & (given <= high)
        by = np.maximum(low - given, given - high)
        size = np.abs(np.clip(given, low, high)) + np.abs(given)
        return np.where(inside, 0.0, np.where(np.isfinite(given), by / size, np.nan))


def widened(low: np.ndarray, high: np.ndarray, given: np.ndarray, dys: np.ndarray) -> tuple:
    """The intervals; those that hold 0 are widened, since a true 0 may be rounded to more."""
    finite = np.abs(given[np.isfinite(given)])
    largest = finite.max(initial=0.0) + np.abs(dys).max(initial=0.0)
    slack = np.where((low <= 0) & (high >= 0), TRUE_ZERO * largest, 0.0)
    return low - slack, high + slack


def errors(bounds: Bounds, given: np.ndarray, tolerance: float) -> tuple[float, np.ndarray]:
    """(largest absolute error, relative error of each element) of a gradient (2, *x.shape).

    Outside its interval an element is judged by its own size. Inside it is right at least, and its
    error is relative to the largest element plus 1e7 roundings.
    """
    low, high, rounding, kinks, _ = bounds
    if not given.size:
        return 0.0, np.zeros(given.shape)
    relative = outside(low, high, given)
    with np.errstate(all="ignore"):
        error = np.abs(given - (low + high) / 2)
        beyond = np.nan_to_num(np.maximum(low - given, given - high).clip(0), posinf=np.inf)
    for index in kinks:  # every slope between those of both sides is right
        error[:, *index] = 0.0
    size = np.abs(given).max() + np.abs(np.clip(given, low, high)).max()
    scale = size + 1e7 * rounding
    inside = np.divide(error, scale, out=np.zeros(error.shape), where=scale > 0)
    relative = np.where(relative == 0, np.minimum(inside, tolerance), relative)
    return float(np.maximum(error, beyond).max()), relative
