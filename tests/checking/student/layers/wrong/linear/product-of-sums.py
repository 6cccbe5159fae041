"""x and dy are summed over the rows before they are multiplied.

Spoils: dw
Cause: linear-product-of-sums
"""

import numpy as np


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    x_rows, dy_rows = x.reshape(-1, w.shape[0]), dy.reshape(-1, w.shape[1])
    dw = np.outer(x_rows.sum(axis=0), dy_rows.sum(axis=0))
    db = None if b is None else dy_rows.sum(axis=0)
    return dy @ w.T, dw, db
