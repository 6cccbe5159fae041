"""dx is dy w: w is not transposed, or reshaped where it should be transposed.

Spoils: dx
Cause: linear-weights-not-transposed
"""


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    x_rows, dy_rows = x.reshape(-1, w.shape[0]), dy.reshape(-1, w.shape[1])
    dw = x_rows.T @ dy_rows
    db = None if b is None else dy_rows.sum(axis=0)
    return dy @ w.reshape(w.shape[1], w.shape[0]), dw, db
