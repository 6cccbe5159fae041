"""The true gradient of one input by differences: one step for all, a ladder where that fails."""

from collections.abc import Callable, Iterable

import numpy as np

from minivit.checking.bounds import ROUNDING, Bounds, outside, widened
from minivit.checking.differences import data_scale
from minivit.checking.ladder import climb

STEP = 3e-6  # times the scale of the data
LONG_STEP = 1e-2
ENOUGH = 4  # so many surely wrong elements settle the verdict, and no more need a ladder


def true_gradient(
    output: Callable, x: np.ndarray, dys: np.ndarray, y: np.ndarray, given, tolerance: float
) -> Bounds:
    """Bounds on the gradient of sum(dy output(x)), for two draws of dy.

    output(x) -> (n,), NaN where it has no value; dys (2, n), y (n,) = output(x), given
    (2, *x.shape), or None where there is no gradient to compare with.
    """
    scale = data_scale(x)
    with np.errstate(all="ignore"):
        value, rounding = central(output, x, dys, y, STEP * scale)
        low, high = value - rounding, value + rounding
        bounds = Bounds(low, high, rounding, {}, 0.0)
        if given is None:
            return bounds
        low[:], high[:] = widened(low, high, given, dys)
        return with_ladders(bounds, output, x, dys, y, given, tolerance)


def central(
    output: Callable, x, dys, y, step: float, indices: Iterable[tuple[int, ...]] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Central differences, and how far rounding may have put them off: both (2, *x.shape).

    Or both (2, n), for n chosen `indices`.
    """
    chosen = list(np.ndindex(x.shape)) if indices is None else list(indices)
    value, rounding = np.empty((2, 2, len(chosen)))
    weights = np.abs(dys) * np.abs(y) * ROUNDING
    for n, index in enumerate(chosen):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        # Subtract before summing: what x_i does not touch then drops out exactly. And divide by
        # the step that was really made, after rounding.
        change = output(up) - output(down)
        width = up[index] - down[index]
        value[:, n] = dys @ change / width
        rounding[:, n] = weights @ (change != 0) / width
    shape = (2, *x.shape) if indices is None else (2, -1)
    return value.reshape(shape), rounding.reshape(shape)


def with_ladders(bounds: Bounds, output, x, dys, y, given, tolerance: float) -> Bounds:
    """The bounds, after a ladder for each element that is in doubt, the worst first."""
    low, high, rounding, kinks, coarse = bounds
    scale, found = data_scale(x), 0
    for index in in_doubt(bounds, given, tolerance):
        at = (slice(None), *index)
        known = np.isfinite(low[at] + high[at]).all()
        hidden = known and not outside(low[at], high[at], given[at]).any()
        if (known and found >= ENOUGH) or (
            hidden and still_zero(output, x, dys, y, given[at], index)
        ):
            continue
        slope = climb(output, x, index, dys, y, scale)
        low[at], high[at] = widened(slope.low, slope.high, given[at], dys)
        coarse = max(coarse, slope.coarse)
        if slope.kink:
            kinks[index] = slope.kink
        found += not (outside(low[at], high[at], given[at]) <= tolerance).all()
    return Bounds(low, high, rounding, kinks, coarse)


def still_zero(output, x, dys, y, given: np.ndarray, index: tuple[int, ...]) -> bool:
    """Whether a long step, which rounds little, finds given (2,) to be right: mostly a true 0."""
    value, rounding = central(output, x, dys, y, LONG_STEP * data_scale(x), [index])
    low, high = widened(value - rounding, value + rounding, given[:, None], dys)
    return not outside(low, high, given[:, None]).any()


def in_doubt(bounds: Bounds, given: np.ndarray, tolerance: float) -> list[tuple[int, ...]]:
    """Elements that look wrong, and those whose rounding would hide a wrong one; worst first."""
    low, high, rounding, _, _ = bounds
    error = outside(low, high, given).max(axis=0)
    hidden = (rounding > 0.01 * (np.abs(given) + np.abs(low + high) / 2)).any(axis=0)
    doubtful = np.flatnonzero(hidden | ~(error <= tolerance))
    badness = np.nan_to_num(error.reshape(-1)[doubtful], nan=np.inf)
    places = doubtful[np.argsort(-badness, kind="stable")]
    return [tuple(map(int, np.unravel_index(place, error.shape))) for place in places]
