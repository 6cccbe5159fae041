"""Linear: y = x w + b, the twin of `minivit.ops.linear`.

The product (product/) does all of it: its sums begin at the bias, w^T and x^T are views, and db is
summed from dy as it is packed for x^T dy, so that dy is read once for both.
"""

import numpy as np

from minivit.destinations import gradient_like
from minivit.ops.linear import LinearCache

from .inputs import like, reals, upstream
from .product.matmul import _matmul_into, matmul


def linear_forward(x, w, b=None):
    """x (..., in), w (in, out), b (out,) or None -> y (..., out)."""
    x, w, b = reals(x=x, w=w, b=b)
    y = matmul(x.reshape(-1, w.shape[0]), w, bias=b, weights=True)
    return y.reshape(*x.shape[:-1], w.shape[1]), LinearCache(x, w, b is not None)


def linear_backward(dy, cache, *, want_dx=True):
    """dx = dy w^T, dw = x^T dy, db = sum over rows of dy.

    dy (..., out) -> dx (..., in), dw (in, out), db (out,) or None. dx is None unless it is wanted.
    """
    x, w, has_bias = cache
    (dy,) = like(x, upstream(dy, x.dtype).reshape(-1, w.shape[1]))
    dx = matmul(dy, w.T).reshape(x.shape) if want_dx else None
    return dx, *weight_gradients(x.reshape(-1, w.shape[0]), dy, w, has_bias)


def weight_gradients(x, dy, w, has_bias):
    """x (rows, in), dy (rows, out), w (in, out) -> dw (in, out), db (out,) or None."""
    dw = gradient_like(w)
    db = np.empty(dy.shape[1], dy.dtype) if has_bias else None
    return _matmul_into(dw, x.T, dy, column_sums=db), db
