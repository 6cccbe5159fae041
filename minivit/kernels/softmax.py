"""Softmax over the last axis, p = exp(x - max) / sum, the twin of `minivit.ops.softmax`.

Threaded over chunks of rows that fit the L1 cache, so that memory is read and written once. Within
a chunk the exponentials are one flat pass over all of its rows. Row by row, vectors of 16 would
leave a rest in each row, to be computed one by one: attention's rows are short, and no multiples of
16 (50, 65, 197 numbers). The other passes are cheap: a maximum, a sum, a product.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from .compiling import parallel_jit
from .elementary import exp
from .inputs import like, need_shape, reals
from .simd import maximum

CHUNK = 4096  # elements, about; 16 kB in float32


class SoftmaxCache(NamedTuple):
    probs: np.ndarray  # (..., n)


def softmax_forward(x):
    """exp(x) / sum(exp(x)) over the last axis, free of overflow.

    x (..., n) -> probs (..., n), a new array; threaded over rows.
    """
    (x,) = reals(x=x)
    (x,) = like(x, x)
    probs = np.empty_like(x)
    n = x.shape[-1]
    _softmax_forward_into(probs.reshape(-1, n), x.reshape(-1, n))
    return probs, SoftmaxCache(probs)


def softmax_backward(dprobs, cache):
    """dx = probs (dprobs - sum(dprobs probs)). dprobs (..., n) -> dx (..., n)."""
    dx = np.empty_like(cache.probs)
    (dprobs,) = like(dx, dprobs)
    need_shape("dprobs", dprobs, dx.shape)
    n = dx.shape[-1]
    _softmax_backward_into(dx.reshape(-1, n), dprobs.reshape(-1, n), cache.probs.reshape(-1, n))
    return dx


@parallel_jit(small_op=True)
def _softmax_forward_into(probs, x):
    """(rows, n) each, contiguous."""
    rows, n = x.shape
    height = max(1, CHUNK // n)
    for chunk in prange((rows + height - 1) // height):
        first, last = chunk * height, min((chunk + 1) * height, rows)
        for r in range(first, last):
            highest = x[r, 0]
            for j in range(n):
                highest = maximum(highest, x[r, j])
            for j in range(n):
                probs[r, j] = x[r, j] - highest
        flat = probs[first:last].reshape(-1)
        for i in range(flat.size):
            flat[i] = exp(flat[i])
        for r in range(first, last):
            total = probs.dtype.type(0)
            for j in range(n):
                total += probs[r, j]
            scale = probs.dtype.type(1) / total
            for j in range(n):
                probs[r, j] *= scale


@parallel_jit(small_op=True)
def _softmax_backward_into(dx, dprobs, probs):
    """(rows, n) each, contiguous."""
    rows, n = dx.shape
    for r in prange(rows):
        total = dx.dtype.type(0)
        for j in range(n):
            total += dprobs[r, j] * probs[r, j]
        for j in range(n):
            dx[r, j] = probs[r, j] * (dprobs[r, j] - total)
