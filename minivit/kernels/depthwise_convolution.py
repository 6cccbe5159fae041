"""Depthwise convolution, the twin of `minivit.ops.depthwise_convolution`.

Each channel is on its own, so that the innermost loop, over channels, needs no products of
matrices. y is threaded over its rows, dx over its own, each of which collects from the windows that
saw it; dw and db over images, whose sums are added in order.
"""

import numpy as np
from numba import prange

from minivit.ops.depthwise_convolution import DepthwiseConvolutionCache, depthwise_window_of

from .compiling import parallel_jit
from .inputs import like, need_shape, reals


def depthwise_convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    """x (B, height, width, channels), w (rows, columns, channels), b -> y (B, ..., channels)."""
    x, w, b = reals(x=x, w=w, b=b)
    at = depthwise_window_of(x, w, stride, padding)
    x, w, b = like(x, x, w, b)
    need_shape("b", b, w.shape[2:])
    y = np.empty((len(x), *at.stops, x.shape[3]), x.dtype)
    start = np.zeros(w.shape[2], x.dtype) if b is None else b
    _depthwise_into(y, x, w, start, at.stride, at.before)
    return y, DepthwiseConvolutionCache(x, w, at, b is not None)


def depthwise_convolution_backward(dy, cache, *, want_dx=True):
    """dx_rs = dy w_rs, dw_rs = sum of dy x_rs, db = sum of dy; None where it is not wanted."""
    x, w, at, has_bias = cache
    (dy,) = like(x, dy)
    need_shape("dy", dy, (len(x), *at.stops, x.shape[3]))
    sums = np.empty((len(x), *w.shape), w.dtype)
    _depthwise_weights_into(sums, dy, x, at.stride, at.before)
    dx = np.empty_like(x) if want_dx else None
    if want_dx:
        _depthwise_maps_into(dx, dy, w, at.stride, at.before)
    return dx, sums.sum(axis=0), dy.sum(axis=(0, 1, 2)) if has_bias else None


@parallel_jit(small_op=True)
def _depthwise_into(y, x, w, start, stride, before):
    batch, height, width, channels = x.shape
    _, rows, columns, _ = y.shape
    for line in prange(batch * rows):
        b, i = line // rows, line % rows
        top = i * stride[0] - before[0]
        for j in range(columns):
            left = j * stride[1] - before[1]
            for c in range(channels):
                y[b, i, j, c] = start[c]
            for r in range(max(0, -top), min(w.shape[0], height - top)):
                for s in range(max(0, -left), min(w.shape[1], width - left)):
                    for c in range(channels):
                        y[b, i, j, c] += x[b, top + r, left + s, c] * w[r, s, c]


@parallel_jit(small_op=True)
def _depthwise_maps_into(dx, dy, w, stride, before):
    batch, height, width, channels = dx.shape
    _, rows, columns, _ = dy.shape
    for line in prange(batch * height):
        b, y = line // height, line % height
        for x in range(width):
            for c in range(channels):
                dx[b, y, x, c] = 0
        for r in range(w.shape[0]):
            i = (y + before[0] - r) // stride[0]
            if (y + before[0] - r) % stride[0] != 0 or i < 0 or i >= rows:
                continue
            for j in range(columns):
                left = j * stride[1] - before[1]
                for s in range(max(0, -left), min(w.shape[1], width - left)):
                    for c in range(channels):
                        dx[b, y, left + s, c] += dy[b, i, j, c] * w[r, s, c]


@parallel_jit(small_op=True)
def _depthwise_weights_into(sums, dy, x, stride, before):
    """sums[b, r, s, c] = the sum of dy x_rs over image b."""
    batch, height, width, channels = x.shape
    _, rows, columns, _ = dy.shape
    for b in prange(batch):
        for r in range(sums.shape[1]):
            for s in range(sums.shape[2]):
                for c in range(channels):
                    sums[b, r, s, c] = 0
        for i in range(rows):
            top = i * stride[0] - before[0]
            for j in range(columns):
                left = j * stride[1] - before[1]
                for r in range(max(0, -top), min(sums.shape[1], height - top)):
                    for s in range(max(0, -left), min(sums.shape[2], width - left)):
                        for c in range(channels):
                            sums[b, r, s, c] += dy[b, i, j, c] * x[b, top + r, left + s, c]
