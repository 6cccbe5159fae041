"""Max-pooling, the twin of `minivit.ops.max_pool`.

Threaded over the rows of y of all images. The backward is threaded over the rows of dx, each of
which collects from the windows that saw it: no two threads write to one row, and the sums have the
same order for any number of threads. Indices are unsigned, so that loops over channels vectorise.
"""

import numpy as np
from numba import get_num_threads

from minivit.ops.max_pool import MaxPoolCache
from minivit.ops.sliding import sliding

from .compiling import jit, shared
from .inputs import like, need_shape, reals


def max_pool_forward(x, *, side=3, stride=2, padding="same"):
    """x (B, height, width, channels) -> y (B, stops down, stops across, channels), a new array."""
    (x,) = reals(x=x)
    at = sliding(x, side, stride, padding)
    (x,) = like(x, x)
    y = np.empty((len(x), *at.stops, x.shape[3]), x.dtype)
    place = np.empty(y.shape, np.int32)
    slides = y.shape[:3], x.shape[1:], at.side, at.stride, at.before
    flat = y.reshape(-1), place.reshape(-1), x.reshape(-1)
    _largest_into(x.dtype, get_num_threads(), *flat, *slides)
    return y, MaxPoolCache(place, x.shape, x.dtype, at)


def max_pool_backward(dy, cache):
    """dx = the sum of dy over the windows where x was the largest, (B, height, width, channels)."""
    place, shape, dtype, at = cache
    dx = np.empty(shape, dtype)
    (dy,) = like(dx, dy)
    need_shape("dy", dy, place.shape)
    slides = place.shape[:3], shape[1:], at.side, at.stride, at.before
    flat = dx.reshape(-1), dy.reshape(-1), place.reshape(-1)
    _largest_backward_into(dtype, get_num_threads(), *flat, *slides)
    return dx


@shared(small_op=True)
def _largest_into(share, shares, y, place, x, stops, size, side, stride, before):
    """All flat; `stops` is (B, stops down, stops across), `size` (height, width, channels)."""
    batch, rows, columns = stops
    height, width, channels = size
    lines = batch * rows
    for line in range(share * lines // shares, (share + 1) * lines // shares):
        b, top = line // rows, line % rows * stride[0] - before[0]
        for j in range(columns):
            left, here = j * stride[1] - before[1], (line * columns + j) * channels
            for n in range(np.uintp(channels)):
                y[np.uintp(here) + n] = -np.inf
                place[np.uintp(here) + n] = 0
            for r in range(max(0, -top), min(side[0], height - top)):
                for s in range(max(0, -left), min(side[1], width - left)):
                    there = ((b * height + top + r) * width + left + s) * channels
                    _take_larger(y, place, here, x, there, r * side[1] + s, channels)


@jit(inline="always")
def _take_larger(y, place, here, x, there, number, count):
    """What is larger than y takes its place; of equal ones the first stays; NaN is the largest."""
    here, there, number = np.uintp(here), np.uintp(there), np.int32(number)
    for n in range(np.uintp(count)):
        found, best = x[there + n], y[here + n]
        is_larger = (not found <= best) & (best == best)
        y[here + n] = found if is_larger else best
        place[here + n] = number if is_larger else place[here + n]


@shared(small_op=True)
def _largest_backward_into(share, shares, dx, dy, place, stops, size, side, stride, before):
    batch, rows, columns = stops
    height, width, channels = size
    lines = batch * height
    for line in range(share * lines // shares, (share + 1) * lines // shares):
        b, y = line // height, line % height
        first = line * width * channels
        for n in range(np.uintp(width * channels)):
            dx[np.uintp(first) + n] = 0
        for r in range(side[0]):
            i = (y + before[0] - r) // stride[0]
            if (y + before[0] - r) % stride[0] != 0 or i < 0 or i >= rows:
                continue
            for j in range(columns):
                left = j * stride[1] - before[1]
                there = ((b * rows + i) * columns + j) * channels
                for s in range(max(0, -left), min(side[1], width - left)):
                    here = first + (left + s) * channels
                    _add_where(dx, here, dy, place, there, r * side[1] + s, channels)


@jit(inline="always")
def _add_where(dx, here, dy, place, there, number, count):
    """dx[here + n] += dy[there + n], where it was found at this place of the window."""
    here, there, number = np.uintp(here), np.uintp(there), np.int32(number)
    for n in range(np.uintp(count)):
        dx[here + n] += dy[there + n] if place[there + n] == number else dx.dtype.type(0)
