"""ReLU, y = max(x, 0), the twin of `minivit.ops.relu`: a pass over a flat array each way, in chunks
that are shared out among the threads.
"""

import numpy as np
from numba import prange

from minivit.ops.relu import ReluCache

from .compiling import parallel_jit
from .inputs import like, need_shape, reals
from .simd import maximum

CHUNK = 8192  # elements


def relu_forward(x):
    """y = max(x, 0). x (...) -> y (...), a new array."""
    (x,) = reals(x=x)
    (x,) = like(x, x)
    y = np.empty_like(x)
    _relu_into(y.reshape(-1), x.reshape(-1))
    return y, ReluCache(y)


def relu_backward(dy, cache):
    """dx = dy where y > 0, else 0. dy (...) -> dx (...)."""
    dx = np.empty_like(cache.y)
    (dy,) = like(dx, dy)
    need_shape("dy", dy, dx.shape)
    _relu_backward_into(dx.reshape(-1), dy.reshape(-1), cache.y.reshape(-1))
    return dx


@parallel_jit(small_op=True)
def _relu_into(y, x):
    for chunk in prange((x.size + CHUNK - 1) // CHUNK):
        first, last = chunk * CHUNK, min((chunk + 1) * CHUNK, x.size)
        x_chunk, y_chunk = x[first:last], y[first:last]
        for i in range(last - first):
            y_chunk[i] = maximum(x_chunk[i], x.dtype.type(0))


@parallel_jit(small_op=True)
def _relu_backward_into(dx, dy, y):
    for chunk in prange((y.size + CHUNK - 1) // CHUNK):
        first, last = chunk * CHUNK, min((chunk + 1) * CHUNK, y.size)
        y_chunk, dy_chunk, dx_chunk = y[first:last], dy[first:last], dx[first:last]
        for i in range(last - first):
            dx_chunk[i] = dy_chunk[i] if y_chunk[i] > 0 else dx.dtype.type(0)
