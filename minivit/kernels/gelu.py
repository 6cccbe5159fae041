"""GELU, y = x Phi(x), and its tanh form: one pass over a flat array, forward and backward.

Work is cut into blocks of a few cache pages, shared out evenly among the threads. Both forms are
vectorised (elementary.py): at the sizes of a network a forward takes about twice as long as a copy,
which moves the same 8 bytes an element (float32). The backward computes the slope again from x
instead of keeping it.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from minivit.ops.gelu import check_form

from .compile import parallel_jit
from .elementary import gelu_erf, gelu_erf_value, gelu_tanh
from .inputs import like, need_shape, reals

BLOCK = 8192  # elements


class GeluCache(NamedTuple):
    x: np.ndarray  # (...), as given
    form: str  # "erf" or "tanh"


def gelu_forward(x, *, form="erf"):
    """The Gaussian error linear unit, x Phi(x), or with form="tanh" its approximation by tanh.

    x (...) -> y (...). A new array; threaded over blocks. Hendrycks and Gimpel (2016).
    """
    check_form(form)
    (x,) = reals(x=x)
    (x,) = like(x, x)
    y = np.empty_like(x)
    _gelu_forward_into(y.reshape(-1), x.reshape(-1), form == "tanh")
    return y, GeluCache(x, form)


def gelu_backward(dy, cache):
    """dx = dy (Phi(x) + x phi(x)), and accordingly for the tanh form. dy (...) -> dx (...)."""
    dx = np.empty_like(cache.x)
    (dy,) = like(dx, dy)
    need_shape("dy", dy, dx.shape)
    dy, x = dy.reshape(-1), cache.x.reshape(-1)
    _gelu_backward_into(dx.reshape(-1), dy, x, cache.form == "tanh")
    return dx


@parallel_jit(small_op=True)
def _gelu_forward_into(y, x, tanh):
    for block in prange((x.size + BLOCK - 1) // BLOCK):
        # Slices, so that every index counts from 0: Numba would test each of the others for x[-1].
        first, last = block * BLOCK, min((block + 1) * BLOCK, x.size)
        x_block, y_block = x[first:last], y[first:last]
        if tanh:
            for i in range(last - first):
                y_block[i] = gelu_tanh(x_block[i])[0]
        else:
            for i in range(last - first):
                y_block[i] = gelu_erf_value(x_block[i])


@parallel_jit(small_op=True)
def _gelu_backward_into(dx, dy, x, tanh):
    for block in prange((x.size + BLOCK - 1) // BLOCK):
        first, last = block * BLOCK, min((block + 1) * BLOCK, x.size)
        x_block, dy_block, dx_block = x[first:last], dy[first:last], dx[first:last]
        if tanh:
            for i in range(last - first):
                dx_block[i] = dy_block[i] * gelu_tanh(x_block[i])[1]
        else:
            for i in range(last - first):
                dx_block[i] = dy_block[i] * gelu_erf(x_block[i])[1]
