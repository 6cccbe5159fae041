"""The weights' gradient is multiplied the wrong way round, and turned only if it does not fit.

Spoils: dw
Cause: linear-weight-gradient-transposed
"""


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    rows = dy.reshape(-1, dy.shape[-1])
    dw = rows.T @ x.reshape(-1, x.shape[-1])
    if dw.shape != w.shape:
        dw = dw.T.copy()
    return dy @ w.T, dw, None if b is None else rows.sum(axis=0)
