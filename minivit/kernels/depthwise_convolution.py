"""Depthwise convolution, the twin of `minivit.ops.depthwise_convolution`.

Each channel is on its own, so that there is nothing to multiply as matrices. A vector of channels
is summed up in a register over all places of the window, then written; the channels that fill no
vector are summed one by one. y is threaded over its rows. So is dx: a row of it collects from the
windows that saw it. dw is threaded over images, whose sums are added in order.
"""

import numpy as np
from numba import prange

from minivit.ops.depthwise_convolution import DepthwiseConvolutionCache, depthwise_window_of

from .compiling import jit, parallel_jit
from .inputs import like, need_shape, reals
from .simd import VECTOR_BYTES, load, store


def depthwise_convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    """x (B, height, width, channels), w (rows, columns, channels), b -> y (B, ..., channels)."""
    x, w, b = reals(x=x, w=w, b=b)
    at = depthwise_window_of(x, w, stride, padding)
    x, w, b = like(x, x, w, b)
    need_shape("b", b, w.shape[2:])
    y = np.empty((len(x), *at.stops, x.shape[3]), x.dtype)
    start = np.zeros(w.shape[2], x.dtype) if b is None else b
    _depthwise_into(y.reshape(-1), x.reshape(-1), w.reshape(-1), start,
                    (len(x), *at.stops), x.shape[1:], at.side, at.stride, at.before)  # fmt: skip
    return y, DepthwiseConvolutionCache(x, w, at, b is not None)


def depthwise_convolution_backward(dy, cache, *, want_dx=True):
    """dx_rs = dy w_rs, dw_rs = sum of dy x_rs, db = sum of dy; None where it is not wanted."""
    x, w, at, has_bias = cache
    (dy,) = like(x, dy)
    need_shape("dy", dy, (len(x), *at.stops, x.shape[3]))
    flat = dy.reshape(-1)
    sums = np.empty((len(x), *w.shape), w.dtype)
    _depthwise_weights_into(sums.reshape(-1), flat, x.reshape(-1), (len(x), *at.stops),
                            x.shape[1:], at.side, at.stride, at.before)  # fmt: skip
    dx = np.empty_like(x) if want_dx else None
    if want_dx:
        _depthwise_maps_into(dx.reshape(-1), flat, w.reshape(-1), (len(x), *at.stops),
                             x.shape[1:], at.side, at.stride, at.before)  # fmt: skip
    return dx, sums.sum(axis=0), dy.sum(axis=(0, 1, 2)) if has_bias else None


@parallel_jit(small_op=True)
def _depthwise_into(y, x, w, start, stops, size, side, stride, before):
    """All flat; `stops` is (B, stops down, stops across), `size` (height, width, channels)."""
    batch, rows, columns = stops
    height, width, channels = size
    lanes = VECTOR_BYTES // y.itemsize
    whole = channels // lanes * lanes
    for line in prange(batch * rows):
        b, top = line // rows, line % rows * stride[0] - before[0]
        for j in range(columns):
            left = j * stride[1] - before[1]
            r0, r1 = max(0, -top), min(side[0], height - top)
            s0, s1 = max(0, -left), min(side[1], width - left)
            here, there = (line * columns + j) * channels, (b * height + top) * width + left
            for c in range(0, whole, lanes):
                total = load(start, c)
                for r in range(r0, r1):
                    for s in range(s0, s1):
                        found = load(x, (there + r * width + s) * channels + c)
                        total = total + found * load(w, (r * side[1] + s) * channels + c)
                store(y, here + c, total)
            for c in range(whole, channels):
                sum_up = start[c]
                for r in range(r0, r1):
                    for s in range(s0, s1):
                        found = x[(there + r * width + s) * channels + c]
                        sum_up += found * w[(r * side[1] + s) * channels + c]
                y[here + c] = sum_up


@parallel_jit(small_op=True)
def _depthwise_maps_into(dx, dy, w, stops, size, side, stride, before):
    batch, rows, columns = stops
    height, width, channels = size
    for line in prange(batch * height):
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
                    _add_products(dx, here, dy, there, w, (r * side[1] + s) * channels, channels)


@parallel_jit(small_op=True)
def _depthwise_weights_into(sums, dy, x, stops, size, side, stride, before):
    """sums[b, r, s, c] = the sum of dy x_rs over image b."""
    batch, rows, columns = stops
    height, width, channels = size
    places = side[0] * side[1] * channels
    for b in prange(batch):
        for n in range(np.uintp(places)):
            sums[np.uintp(b * places) + n] = 0
        for i in range(rows):
            top = i * stride[0] - before[0]
            for j in range(columns):
                left = j * stride[1] - before[1]
                there = ((b * rows + i) * columns + j) * channels
                for r in range(max(0, -top), min(side[0], height - top)):
                    for s in range(max(0, -left), min(side[1], width - left)):
                        found = ((b * height + top + r) * width + left + s) * channels
                        here = b * places + (r * side[1] + s) * channels
                        _add_products(sums, here, dy, there, x, found, channels)


@jit(inline="always")
def _add_products(sums, here, a, i, b, j, count):
    """sums[here + n] += a[i + n] b[j + n]; unsigned, so that the loop vectorises."""
    here, i, j = np.uintp(here), np.uintp(i), np.uintp(j)
    for n in range(np.uintp(count)):
        sums[here + n] += a[i + n] * b[j + n]
