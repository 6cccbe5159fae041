"""b is not added.

Spoils: y
Cause: linear-bias-forgotten
"""


def linear_forward(x, w, b=None):
    return x @ w, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    x_rows, dy_rows = x.reshape(-1, w.shape[0]), dy.reshape(-1, w.shape[1])
    dw = x_rows.T @ dy_rows
    db = None if b is None else dy_rows.sum(axis=0)
    return dy @ w.T, dw, db
