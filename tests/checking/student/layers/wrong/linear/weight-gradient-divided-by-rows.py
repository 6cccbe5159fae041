"""dw is divided by the number of rows, as if linear itself were a mean.

Spoils: dw
Cause: linear-averaged-over-rows
"""


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    x2 = x.reshape(-1, x.shape[-1])
    dy2 = dy.reshape(-1, dy.shape[-1])
    dw = x2.T @ dy2 / len(x2)
    db = dy2.sum(0) if b is not None else None
    return (dy2 @ w.T).reshape(x.shape), dw, db
