"""Max-pooling, the twin of `minivit.ops.max_pool`.

Threaded over the rows of y of all images. The backward is threaded over the rows of dx, each of
which collects from the windows that saw it: no two threads write to one row, and the sums have the
same order for any number of threads.
"""

import numpy as np
from numba import prange

from minivit.ops.max_pool import MaxPoolCache
from minivit.ops.sliding import sliding

from .compiling import parallel_jit
from .inputs import like, need_shape, reals


def max_pool_forward(x, *, side=3, stride=2, padding="same"):
    """x (B, height, width, channels) -> y (B, stops down, stops across, channels), a new array."""
    (x,) = reals(x=x)
    at = sliding(x, side, stride, padding)
    (x,) = like(x, x)
    y = np.empty((len(x), *at.stops, x.shape[3]), x.dtype)
    place = np.empty(y.shape, np.int32)
    _largest_into(y, place, x, at.side, at.stride, at.before)
    return y, MaxPoolCache(place, x.shape, x.dtype, at)


def max_pool_backward(dy, cache):
    """dx = the sum of dy over the windows where x was the largest, (B, height, width, channels)."""
    place, shape, dtype, at = cache
    dx = np.empty(shape, dtype)
    (dy,) = like(dx, dy)
    need_shape("dy", dy, place.shape)
    _largest_backward_into(dx, dy, place, at.side, at.stride, at.before)
    return dx


@parallel_jit(small_op=True)
def _largest_into(y, place, x, side, stride, before):
    """y and where it was found, of equal ones the first; NaN is larger than all."""
    batch, height, width, channels = x.shape
    _, rows, columns, _ = y.shape
    for line in prange(batch * rows):
        b, i = line // rows, line % rows
        top = i * stride[0] - before[0]
        for j in range(columns):
            left = j * stride[1] - before[1]
            for c in range(channels):
                y[b, i, j, c] = -np.inf
                place[b, i, j, c] = 0
            for r in range(max(0, -top), min(side[0], height - top)):
                for s in range(max(0, -left), min(side[1], width - left)):
                    here = np.int32(r * side[1] + s)
                    for c in range(channels):
                        found, best = x[b, top + r, left + s, c], y[b, i, j, c]
                        if not (found <= best or best != best):
                            y[b, i, j, c] = found
                            place[b, i, j, c] = here


@parallel_jit(small_op=True)
def _largest_backward_into(dx, dy, place, side, stride, before):
    batch, height, width, channels = dx.shape
    _, rows, columns, _ = dy.shape
    for line in prange(batch * height):
        b, y = line // height, line % height
        for x in range(width):
            for c in range(channels):
                dx[b, y, x, c] = 0
        for r in range(side[0]):
            i = (y + before[0] - r) // stride[0]
            if (y + before[0] - r) % stride[0] != 0 or i < 0 or i >= rows:
                continue
            for j in range(columns):
                left = j * stride[1] - before[1]
                for s in range(max(0, -left), min(side[1], width - left)):
                    here = r * side[1] + s
                    for c in range(channels):
                        if place[b, i, j, c] == here:
                            dx[b, y, left + s, c] += dy[b, i, j, c]
