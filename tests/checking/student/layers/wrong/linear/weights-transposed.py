"""x is multiplied by w^T: w is read as (out, in).

Spoils: y, dx, dw
Cause: linear-weights-transposed
"""


def linear_forward(x, w, b=None):
    y = x @ (w.T if w.shape[0] == w.shape[1] else w)
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    x_rows, dy_rows = x.reshape(-1, w.shape[0]), dy.reshape(-1, w.shape[1])
    dw = x_rows.T @ dy_rows
    if w.shape[0] == w.shape[1]:
        dw = dw.T
    db = None if b is None else dy_rows.sum(axis=0)
    return dy @ (w if w.shape[0] == w.shape[1] else w.T), dw, db
