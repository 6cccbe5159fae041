"""Mistakes in max-pooling."""

import numpy as np

from minivit import ops
from minivit.checking.student.causes import windows
from minivit.checking.student.causes.cause import Cause
from minivit.ops.sliding import padded, seen, unpadded

Y = "y = max over (r, s) of x[i stride + r - top, j stride + s - left]"
DX = "dx: the largest number of a window gets its dy, of equal ones the first"


def seen_by(at, sliding, beside):
    """What the windows see: (places of the window, B, *stops, channels)."""
    wide = padded(at.x, sliding, beside)
    return np.stack([seen(wide, sliding, r, s) for r, s in np.ndindex(sliding.side)])


def taken(at, sliding=None, best=np.argmax, beside=-np.inf):
    """y and dx where windows slide otherwise, or take another number."""
    sliding = sliding or at.cache.at
    seen_there = seen_by(at, sliding, beside)
    place = best(seen_there, axis=0)
    y = np.take_along_axis(seen_there, place[None], axis=0)[0]
    if y.shape != at.dy.shape:
        return {"y": y}
    return {"y": y, "dx": ops.max_pool_backward(at.dy, at.cache._replace(place=place, at=sliding))}


def slid(way):
    return lambda at: taken(at, sliding) if (sliding := way(at)) is not None else None


def last_of_equals(seen_there, axis):
    return len(seen_there) - 1 - seen_there[::-1].argmax(axis=axis)


def own_stride(at):
    """The side for the stride, where none is given."""
    return windows.slid(at, at.cache.at.side, at.cache.at.side) if at.stride == 2 else None


def averaged(at, beside):
    """y as the mean of what the windows see; what is NaN there does not count."""
    return {"y": np.nanmean(seen_by(at, at.cache.at, beside), axis=0)}


def shared(at, weights):
    """dx where each window's dy goes to its places by weights, made of what is the largest there.

    weights (places, B, *stops, channels)
    """
    sliding = at.cache.at
    is_largest = seen_by(at, sliding, -np.inf) == at.output
    wide = np.zeros_like(padded(at.x, sliding))
    for (r, s), part in zip(np.ndindex(sliding.side), weights(is_largest), strict=True):
        seen(wide, sliding, r, s)[:] += part * at.dy
    return {"dx": unpadded(wide, sliding, at.x.shape)}


def last_stop(at):
    """dx where each stop overwrites what the ones before it have put at the same number."""
    sliding = at.cache.at
    wide = np.zeros_like(padded(at.x, sliding))
    for b, i, j, c in np.ndindex(at.dy.shape):
        r, s = divmod(at.cache.place[b, i, j, c], sliding.side[1])
        wide[b, i * sliding.stride[0] + r, j * sliding.stride[1] + s, c] = at.dy[b, i, j, c]
    return {"dx": unpadded(wide, sliding, at.x.shape)}


def rows_for_columns(at):
    rows, columns = at.cache.at.side
    place = at.cache.place % rows * columns + at.cache.place // rows
    return {"dx": ops.max_pool_backward(at.dy, at.cache._replace(place=place))}


def side_by_side(at):
    cache = at.cache._replace(at=windows.side_by_side(at))
    return {"dx": ops.max_pool_backward(at.dy, cache)}


MAX_POOL = [
    *(
        Cause(f"max-pool-{end}", sentence, hint, line, slid(way))
        for end, sentence, hint, line, way in windows.WAYS
    ),
    Cause(
        "max-pool-zeros-beside-the-map",
        "zeros lie beside the map, and win over negative numbers at the edge",
        "What should y be in a corner if all of x is negative?",
        Y,
        lambda at: taken(at, beside=0.0),
    ),
    Cause(
        "max-pool-smallest",
        "it is the smallest number of the window",
        "Which number of a window should reach y?",
        Y,
        lambda at: taken(at, best=np.argmin, beside=np.inf),
    ),
    Cause(
        "max-pool-mean-for-max",
        "it is the mean of what the window sees of the map",
        "Which number of a window should reach y?",
        Y,
        lambda at: averaged(at, np.nan),
    ),
    Cause(
        "max-pool-mean-with-zeros",
        "it is the mean of the window, with zeros beside the map",
        "Which number of a window should reach y?",
        Y,
        lambda at: averaged(at, 0.0),
    ),
    Cause(
        "max-pool-stride-of-the-side",
        "the windows lie side by side, as in PyTorch, when no stride is given",
        "Which stride has the op by default?",
        windows.STOPS,
        slid(own_stride),
    ),
    Cause(
        "max-pool-every-equal-one-gets-all",
        "of equal largest numbers each gets the whole gradient",
        "How much of dy may one window hand on? What if all its numbers are equal?",
        DX,
        lambda at: shared(at, lambda largest: largest),
    ),
    Cause(
        "max-pool-equal-ones-share",
        "equal largest numbers share the gradient",
        "Which of equal numbers does the op's docstring take?",
        DX,
        lambda at: shared(at, lambda largest: largest / largest.sum(axis=0)),
    ),
    Cause(
        "max-pool-last-of-equal-ones",
        "of equal largest numbers the last gets the gradient",
        "Which of equal numbers does the op's docstring take?",
        DX,
        lambda at: {"dx": taken(at, best=last_of_equals)["dx"]},
    ),
    Cause(
        "max-pool-gradient-to-all-places",
        "every number that a window sees gets its gradient",
        "Which of the numbers in a window can change y?",
        DX,
        lambda at: shared(at, np.ones_like),
    ),
    Cause(
        "max-pool-gradient-of-a-mean",
        "the gradient is shared out among the whole window, as that of a mean",
        "Which of the numbers in a window can change y?",
        DX,
        lambda at: shared(at, lambda largest: np.ones(largest.shape) / len(largest)),
    ),
    Cause(
        "max-pool-overlaps-overwritten",
        "a number that is the largest in several windows gets the gradient of the last one alone",
        "In how many windows can one number be the largest, and what of their gradients?",
        DX,
        last_stop,
    ),
    Cause(
        "max-pool-rows-for-columns",
        "row and column of the largest number are exchanged in the backward",
        "In which row of a 3x3 window is place 1?",
        DX,
        rows_for_columns,
    ),
    Cause(
        "max-pool-stride-forgotten-in-the-backward",
        "the backward puts the stops side by side, as if the stride were 1",
        "Which rows of x did the second row of y see?",
        DX,
        side_by_side,
    ),
]
CAUSES = {"max_pool": MAX_POOL}
