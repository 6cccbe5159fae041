"""db is summed over the axes 0 and 1, which is right for x (B, T, D) alone.

Spoils: db
Cause: rank
"""

import numpy as np


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    dx = dy @ w.transpose()
    dw = x.reshape(-1, x.shape[-1]).transpose() @ dy.reshape(-1, dy.shape[-1])
    db = np.sum(dy, axis=(0, 1)) if b is not None else None
    return dx, dw, db
