"""Max-pooling: of each channel the largest number that a window sees.

    y[b, i, j, c] = max over (r, s) of x[b, i stride + r - top, j stride + s - left, c]

What lies beside the map is never the largest. sliding.py tells how the window slides.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen
from minivit.ops.sliding import Sliding, padded, seen, sliding, unpadded


class MaxPoolCache(NamedTuple):
    place: np.ndarray  # (B, stops down, stops across, channels), int32: the place in the window
    maps_shape: tuple  # (B, height, width, channels)
    dtype: np.dtype
    at: Sliding


def max_pool_forward(
    x: np.ndarray,
    *,
    side: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 2,
    padding: str = "same",
    note=unseen,
) -> tuple[np.ndarray, MaxPoolCache]:
    """The largest number in each window.

    x (B, height, width, channels) -> y (B, stops down, stops across, channels). `side` and `stride`
    are numbers or pairs (down, across). Raises InputError where sliding.py does.
    """
    (x,) = reals(x=x)
    at = sliding(x, side, stride, padding)
    wide = padded(x, at, beside=-np.inf)
    windows = np.stack([seen(wide, at, r, s) for r, s in np.ndindex(at.side)])
    place = windows.argmax(axis=0)  # of equal ones the first; NaN counts as the largest
    y = np.take_along_axis(windows, place[None], axis=0)[0]
    note(y=y)
    return y, MaxPoolCache(place.astype(np.int32), x.shape, x.dtype, at)


def max_pool_backward(dy: np.ndarray, cache: MaxPoolCache, *, note=unseen) -> np.ndarray:
    """Gradient of the largest number.

    dy (B, stops down, stops across, channels) -> dx (B, height, width, channels).

    Only the largest number reaches y, with slope 1; of equal ones the first in the window. A number
    that is the largest in several windows gets the sum of their gradients.
    """
    place, shape, dtype, at = cache
    dy = upstream(dy, dtype)
    (top, left), (bottom, right) = at.before, at.after
    B, height, width, channels = shape
    dwide = np.zeros((B, top + height + bottom, left + width + right, channels), dtype)
    for n, (r, s) in enumerate(np.ndindex(at.side)):
        seen(dwide, at, r, s)[:] += np.where(place == n, dy, dtype.type(0))
    note(y=dy)
    return np.ascontiguousarray(unpadded(dwide, at, shape))
