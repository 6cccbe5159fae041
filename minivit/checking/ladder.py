"""The slope at one element, from steps of all lengths, where a single step does not suit.

Long steps err by curvature, short ones by rounding, and both at an edge of the domain or a kink
close by. So the element climbs down a ladder of steps, each a tenth of the one before. The slope is
taken where it changes least from step to step; how much it changes there says how far it can be
trusted. Where the slopes of the two sides settle on different numbers, there is a kink.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minivit.checking.bounds import BACKWARD_ROUNDING, LOST_INSIDE, ROUNDING

RUNGS, REACH = 40, 1e-12  # most steps; the shortest, relative to the number or to the scale
FEW_DIGITS = 2e-6  # relative to y: a little more than the least by which a float32 changes
NOWHERE = "no step from here stays inside the domain"
KINK = 1e-4  # one-sided slopes that differ by less, relative to their size, are one slope


class Slope(NamedTuple):
    """Between which numbers the gradient at one element lies, for each draw of dy (2,)."""

    low: np.ndarray
    high: np.ndarray
    kink: str = ""  # in words; "" where the op is differentiable
    coarse: float = 0.0  # rounding error of y that was seen, relative to y


class Rungs(NamedTuple):
    """One-sided slopes for each length of a step, NaN outside the domain: K rungs, n outputs."""

    up: np.ndarray  # (K, n)
    down: np.ndarray  # (K, n)
    rounding: np.ndarray  # (K, 2), of the sums over outputs
    steps: np.ndarray  # (K,)
    touched: np.ndarray  # (n,), whether an output moves at all


def climb(output: Callable, x: np.ndarray, index: tuple, dys, y, scale: float) -> Slope:
    """The slope of dys @ output(x) along one element; output(x) -> (n,), NaN outside its domain."""
    rungs = measure(output, x, index, dys, y, scale)
    both = np.isfinite(rungs.up + rungs.down).all(axis=1)
    if both.sum() < 3:  # at the edge of the domain
        ups, downs = (np.isfinite(side).all(axis=1) for side in (rungs.up, rungs.down))
        side, there = (rungs.up, ups) if ups.sum() >= downs.sum() else (rungs.down, downs)
        if there.sum() < 3:
            return Slope(np.full(2, np.nan), np.full(2, np.nan), NOWHERE)
        up = down = side[there]
    else:
        there, up, down = both, rungs.up[both], rungs.down[both]
    rounding, steps = rungs.rounding[there], rungs.steps[there]
    seen = slice(visible(up, down, steps, y))
    up, down, rounding, steps = up[seen], down[seen], rounding[seen], steps[seen]
    slope = (
        steep(up, down, dys, rounding)
        or kinked(up, down, dys, rounding)
        or smooth(up, down, dys, rounding, steps, y)
    )
    reach = min(scale, abs(float(x[index])) or scale)
    # The backward rounds too, relative to the outputs that the element moves.
    slack = BACKWARD_ROUNDING * (np.abs(dys) @ (np.abs(y) * rungs.touched)) / reach
    # And rounding inside may lose what is small beside all outputs, as in the tail of a GELU.
    slack += LOST_INSIDE * (np.abs(dys) @ np.abs(y)) / scale
    return slope._replace(low=slope.low - slack, high=slope.high + slack)


def measure(output: Callable, x: np.ndarray, index: tuple, dys, y, scale: float) -> Rungs:
    """Both one-sided slopes for every length of a step."""
    centre = abs(float(x[index]))
    longest = max(scale, centre)
    shortest = max(REACH * min(scale, centre or scale), 10.0**-RUNGS * longest)
    steps = longest * 0.1 ** np.arange(np.ceil(np.log10(longest / shortest)) + 1)
    ups, downs, sizes = [], [], []
    for step in steps:
        sides = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * step
            width = moved[index] - x[index]  # the step that was really made, after rounding
            sides.append((output(moved), width if width else np.nan))
        (above, right), (below, left) = sides
        ups.append((above - y) / right)
        downs.append((below - y) / left)
        sizes.append(np.nan_to_num(np.abs(above) + np.abs(below) + np.abs(y)))
    up, down = np.array(ups), np.array(downs)
    # An output that a long step moves is rounded in the short ones too, where nothing shows.
    touched = (up != 0).any(axis=0) | (down != 0).any(axis=0)
    rounding = (np.array(sizes) * touched) @ np.abs(dys).T * ROUNDING / steps[:, None]
    return Rungs(up, down, rounding, steps, touched)


def visible(up, down, steps, y) -> int:
    """How many rungs are long enough to show, where an op rounds to float32 inside.

    Shorter ones change nothing at all, and the shortest that does changes one digit.
    """
    changed = np.flatnonzero((up != 0).any(axis=1) | (down != 0).any(axis=1))
    if not changed.size:
        return len(steps)
    last = changed[-1]
    change = np.maximum(np.abs(up[last]), np.abs(down[last])) * steps[last]
    return max(last + 1, 3) if (change <= FEW_DIGITS * np.abs(y)).all() else len(steps)


def smooth(up, down, dys, rounding, steps, y) -> Slope:
    """The central slope, from the rung where its neighbours agree with it best."""
    central = (up + down) @ dys.T / 2  # (K, 2)
    change = np.abs(np.diff(central, axis=0))
    doubt = np.maximum(change[:-1], change[1:]) + rounding[1:-1]
    size = np.abs(central[1:-1])
    relative = np.divide(doubt, size, out=np.where(doubt > 0, np.inf, 0.0), where=size > 0)
    settled = (relative < 0.01).any(axis=0)  # if it never settles, the slope is nearly 0
    best = 1 + np.where(settled, relative.argmin(axis=0), doubt.argmin(axis=0))
    draws = np.arange(2)
    value, all_doubts = central[best, draws], doubt
    doubt = all_doubts[best - 1, draws]
    low, high = value - doubt, value + doubt
    # An op that rounds coarsely inside is a staircase: short steps see the tread, long ones the
    # stairs. Where both sides agree on another slope, that one may be meant.
    width = (np.abs(up - down) @ np.abs(dys).T)[1:-1]
    apart = np.abs(central[1:-1] - value) > 3 * (all_doubts + doubt)
    meant = apart & (relative < 0.3) & (width < 0.5 * size)
    low = np.minimum(low, np.where(meant, central[1:-1] - all_doubts, np.inf).min(axis=0))
    high = np.maximum(high, np.where(meant, central[1:-1] + all_doubts, -np.inf).max(axis=0))
    below = np.arange(len(steps))[:, None] > best
    size = np.abs(dys) @ np.abs(y)
    seen = np.abs(central - value) * steps[:, None] / np.where(size > 0, size, np.inf)
    return Slope(low, high, "", float((seen * below).max()))


def kinked(up, down, dys, rounding) -> Slope | None:
    """The one-sided slopes where they settle on different numbers; None where they don't."""
    width = np.abs(up - down) @ np.abs(dys).T  # (K, 2)
    parts = up[:, None] * dys, down[:, None] * dys  # (K, 2, n)
    low, high = np.minimum(*parts).sum(axis=-1), np.maximum(*parts).sum(axis=-1)
    change = np.abs(np.diff(width, axis=0))
    doubt = np.maximum(change[:-1], change[1:]) + rounding[1:-1]
    # A kink close by looks like one here until the steps are shorter than its distance.
    least = np.minimum.accumulate((width + rounding)[::-1], axis=0)[::-1]
    stays = least[1:-1] > 0.5 * width[1:-1]
    size = np.maximum(np.abs(low), np.abs(high))
    width, low, high, size = width[1:-1], low[1:-1], high[1:-1], size[1:-1]
    settled = (stays & (doubt < 0.2 * width) & (width > KINK * size)).any(axis=1)
    if not settled.any():
        return None
    best = np.where(settled, doubt.max(axis=1), np.inf).argmin()
    return Slope(low[best] - doubt[best], high[best] + doubt[best], "the slope jumps")


def steep(up, down, dys, rounding) -> Slope | None:
    """Slopes that grow with every shorter step have no limit: the root at 0, or a jump."""
    slopes = np.array([up @ dys.T, down @ dys.T])  # (2 sides, K, 2 draws)
    ratio = np.abs(slopes[:, 1:]) / np.abs(slopes[:, :-1])
    last = slopes[:, -1]
    grow = ((ratio > 2) & (ratio < 11)).all(axis=(1, 2))  # 10 at a jump, sqrt(10) at a root
    grow &= (np.abs(last) > 100 * rounding[-1]).all(axis=1)
    if not grow.any():
        return None
    low = np.where((grow[:, None] & (last < 0)).any(axis=0), -np.inf, np.minimum(0, last.min(0)))
    high = np.where((grow[:, None] & (last > 0)).any(axis=0), np.inf, np.maximum(0, last.max(0)))
    return Slope(low, high, "the slope grows without bound")
