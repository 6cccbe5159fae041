"""db is the number of rows, which is right only for a dy of ones; a lone backward.

Spoils: db
Cause: upstream-ignored, linear-bias-counts-the-rows
"""

import numpy as np


def linear_backward(dy, cache):
    x, w, has_bias = cache
    dx = dy @ w.T
    dw = x.reshape(-1, w.shape[0]).T @ dy.reshape(-1, w.shape[1])
    db = np.full(w.shape[1], dy.size // w.shape[1], dtype=dy.dtype) if has_bias else None
    return dx, dw, db
