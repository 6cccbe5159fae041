"""y is collected in np.zeros, which is float64 even where x is float32.

Spoils: dtype
Cause: dtype-promoted
"""

import numpy as np


def linear_forward(x, w, b=None):
    rows = x.reshape(-1, x.shape[-1])
    y = np.zeros((len(rows), w.shape[1]))
    for i, row in enumerate(rows):
        y[i] = row @ w
        if b is not None:
            y[i] += b
    return y.reshape((*x.shape[:-1], w.shape[1])), (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    dy2 = dy.reshape(-1, dy.shape[-1])
    dw = x.reshape(-1, x.shape[-1]).T @ dy2
    return dy @ w.T, dw, None if b is None else dy2.sum(0)
