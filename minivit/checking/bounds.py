"""Between which two numbers a gradient must lie, as far as differences can tell.

A difference is never exact: numbers are rounded, a step has a length, and at a kink the slopes of
the two sides differ. So the true gradient is known as an interval, low <= gradient <= high, and a
gradient is wrong where it lies outside, by more than the tolerance times its own size.
"""

from typing import NamedTuple

import numpy as np

ROUNDING = 16 * np.finfo(np.float64).eps  # of y; what an op rounds inside is seldom more
BACKWARD_ROUNDING = 1e-13  # of y / x: what cancels in a backward, as in a softmax that is sure
LOST_INSIDE = 1e-11  # of y / x over all outputs: below, rounding inside an op decides
TRUE_ZERO = 1e-12  # of the largest gradient and of dy: what a true 0 may come out as (LayerNorm)


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
    """Intervals that hold 0, and so can't be told from it, allow for rounding in the backward."""
    finite = np.abs(given[np.isfinite(given)])
    largest = finite.max(initial=0.0) + np.abs(dys).max(initial=0.0)
    slack = np.where((low <= 0) & (high >= 0), TRUE_ZERO * largest, 0.0)
    return low - slack, high + slack


def errors(bounds: Bounds, given: np.ndarray, tolerance: float) -> tuple[float, np.ndarray]:
    """(largest absolute error, relative error of each element) of a gradient (2, *x.shape).

    Outside its interval an element is judged by its own size. Inside, by that of the largest one,
    or by 1e7 roundings where that is more: there it is right at least.
    """
    low, high, rounding, kinks, _ = bounds
    if not given.size:
        return 0.0, np.zeros(given.shape)
    relative = outside(low, high, given)
    with np.errstate(all="ignore"):
        error = np.abs(given - (low + high) / 2)
    for index in kinks:
        error[:, *index] = 0.0
    size = np.abs(given).max() + np.abs(np.clip(given, low, high)).max()
    scale = size + 1e7 * rounding
    inside = np.divide(error, scale, out=np.zeros(error.shape), where=scale > 0)
    relative = np.where(relative == 0, np.minimum(inside, tolerance), relative)
    return float(error.max()), relative
