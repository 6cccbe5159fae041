"""GELU, y = x Phi(x), and its tanh form, the twin of `minivit.ops.gelu`.

One pass over a flat array each way, cut into chunks of a few pages, which are shared out evenly
among the threads. Both forms are vectorised (elementary.py): at the sizes of a network a forward
takes about twice as long as a copy, which moves the same 8 bytes an element (float32). The backward
computes the slope again from x instead of keeping it.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from minivit.ops.gelu import check_form

from .compiling import parallel_jit
from .elementary import gelu_erf, gelu_erf_value, gelu_tanh
from .inputs import like, need_shape, reals

CHUNK = 8192  # elements


class GeluCache(NamedTuple):
    x: np.ndarray  # (...), as given, or a contiguous copy in its dtype
    form: str  # "erf" or "tanh"


def gelu_forward(x, *, form="erf"):
    """The Gaussian error linear unit, x Phi(x), or with form="tanh" its approximation by tanh.

    x (...) -> y (...). A new array; threaded over chunks. Hendrycks and Gimpel (2016).
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
    for chunk in prange((x.size + CHUNK - 1) // CHUNK):
        # Slices, so that the index counts from 0: Numba would test whether another is negative.
        first, last = chunk * CHUNK, min((chunk + 1) * CHUNK, x.size)
        x_chunk, y_chunk = x[first:last], y[first:last]
        if tanh:
            for i in range(last - first):
                y_chunk[i] = gelu_tanh(x_chunk[i])[0]
        else:
            for i in range(last - first):
                y_chunk[i] = gelu_erf_value(x_chunk[i])


@parallel_jit(small_op=True)
def _gelu_backward_into(dx, dy, x, tanh):
    for chunk in prange((x.size + CHUNK - 1) // CHUNK):
        first, last = chunk * CHUNK, min((chunk + 1) * CHUNK, x.size)
        x_chunk, dy_chunk, dx_chunk = x[first:last], dy[first:last], dx[first:last]
        if tanh:
            for i in range(last - first):
                dx_chunk[i] = dy_chunk[i] * gelu_tanh(x_chunk[i])[1]
        else:
            for i in range(last - first):
                dx_chunk[i] = dy_chunk[i] * gelu_erf(x_chunk[i])[1]
