"""y is squeezed: a batch of one image, or images of one token, lose an axis.

Spoils: y
Cause: axis-lost
"""

import numpy as np


def linear_forward(x, w, b=None):
    y = np.squeeze(x @ w)
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    dy = dy.reshape((*x.shape[:-1], w.shape[1]))
    rows = dy.reshape(-1, w.shape[1])
    dw = x.reshape(-1, w.shape[0]).T @ rows
    return dy @ w.T, dw, rows.sum(axis=0) if b is not None else None
