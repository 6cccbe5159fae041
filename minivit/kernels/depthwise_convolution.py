"""Depthwise convolution, the twin of `minivit.ops.depthwise_convolution`.

Each channel is on its own, so that there is nothing to multiply as matrices. A vector of channels
is summed up in a register over all places of the window, then written; the channels that fill no
vector are summed one by one. y is threaded over its rows. So is dx: a row of it collects from the
windows that saw it. dw is threaded over images, whose sums are added in order.
"""

import numpy as np
from numba import get_num_threads

from minivit.ops.depthwise_convolution import DepthwiseConvolutionCache, depthwise_window_of

from .columns import column_sums
from .compiling import jit, shared
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
    how, slides = (x.dtype, get_num_threads()), _slides(x.shape, at)
    _depthwise_into(*how, y.reshape(-1), x.reshape(-1), w.reshape(-1), start, *slides)
    return y, DepthwiseConvolutionCache(x, w, at, b is not None)


def depthwise_convolution_backward(dy, cache, *, want_dx=True):
    """dx_rs = dy w_rs, dw_rs = sum of dy x_rs, db = sum of dy; None where it is not wanted."""
    x, w, at, has_bias = cache
    (dy,) = like(x, dy)
    need_shape("dy", dy, (len(x), *at.stops, x.shape[3]))
    how, slides, flat = (x.dtype, get_num_threads()), _slides(x.shape, at), dy.reshape(-1)
    sums = np.empty((len(x), *w.shape), w.dtype)
    _depthwise_weights_into(*how, sums.reshape(-1), flat, x.reshape(-1), *slides)
    dx = np.empty_like(x) if want_dx else None
    if want_dx:
        _depthwise_maps_into(*how, dx.reshape(-1), flat, w.reshape(-1), *slides)
    db = column_sums(dy.reshape(-1, x.shape[3])) if has_bias else None
    return dx, sums.sum(axis=0), db


def _slides(shape, at):
    """The arguments by which the functions below know how the window slides over these maps."""
    return (shape[0], *at.stops), shape[1:], at.side, at.stride, at.before


@shared(small_op=True)
def _depthwise_into(share, shares, y, x, w, start, stops, size, side, stride, before):
    """All flat; `stops` is (B, stops down, stops across), `size` (height, width, channels)."""
    batch, rows, columns = stops
    height, width, channels = size
    lanes = VECTOR_BYTES // y.itemsize
    whole = channels // lanes * lanes
    lines = batch * rows
    for line in range(share * lines // shares, (share + 1) * lines // shares):
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


@shared(small_op=True)
def _depthwise_maps_into(share, shares, dx, dy, w, stops, size, side, stride, before):
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
                    _add_products(dx, here, dy, there, w, (r * side[1] + s) * channels, channels)


@shared(small_op=True)
def _depthwise_weights_into(share, shares, sums, dy, x, stops, size, side, stride, before):
    """sums[b, r, s, c] = the sum of dy x_rs over image b."""
    batch, rows, columns = stops
    height, width, channels = size
    places = side[0] * side[1] * channels
    for b in range(share * batch // shares, (share + 1) * batch // shares):
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
