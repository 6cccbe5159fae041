"""The products are made the other way round and transposed: results that are not contiguous."""

import numpy as np


def linear_forward(x, w, b=None):
    rows = x.reshape(-1, w.shape[0])
    y = (w.T @ rows.T).T.reshape(*x.shape[:-1], w.shape[1])
    if b is not None:
        y = b + y
    return y, (rows, w, b, x.shape)


def linear_backward(dy, cache):
    rows, w, b, shape = cache
    d = dy.reshape(-1, w.shape[1])
    dx = (w @ d.T).T.reshape(shape)
    dw = (d.T @ rows).T
    return dx, dw, None if b is None else (np.ones((1, len(d)), dy.dtype) @ d)[0]
