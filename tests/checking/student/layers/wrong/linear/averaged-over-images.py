"""The gradients of w or b are divided by the number of images.

Spoils: dw, db
Cause: linear-averaged-over-images
"""


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    x_rows, dy_rows = x.reshape(-1, w.shape[0]), dy.reshape(-1, w.shape[1])
    dw = x_rows.T @ dy_rows / len(x)
    db = None if b is None else dy_rows.sum(axis=0) / len(x)
    return dy @ w.T, dw, db
