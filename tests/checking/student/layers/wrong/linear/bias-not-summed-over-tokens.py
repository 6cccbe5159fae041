"""db is summed over the images alone, and keeps an axis of tokens.

Spoils: db
Cause: not-summed
"""

import numpy as np


def linear_forward(x, w, b=None):
    y = np.matmul(x, w)
    if b is not None:
        y += b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    dx = np.matmul(dy, w.T)
    dw = np.tensordot(x, dy, axes=(list(range(x.ndim - 1)), list(range(dy.ndim - 1))))
    db = dy.sum(axis=0) if b is not None else None
    return dx, dw, db
