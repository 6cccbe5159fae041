"""db is the number of rows.

Spoils: db
Cause: linear-bias-counts-the-rows
"""

import numpy as np


def linear_forward(x, w, b):
    y = x @ w
    return y if b is None else y + b, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    dx = dy @ w.T
    flat = dy.reshape(-1, dy.shape[-1])
    dw = x.reshape(-1, x.shape[-1]).T @ flat
    return dx, dw, None if b is None else np.full(b.shape, len(flat), b.dtype)
