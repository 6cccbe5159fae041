"""dw is dy^T x, made to fit with a reshape, instead of x^T dy.

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
    n_in, n_out = w.shape
    flat_x, flat_dy = x.reshape(-1, n_in), dy.reshape(-1, n_out)
    dx = dy @ w.T
    dw = (flat_dy.T @ flat_x).reshape(w.shape)
    db = None if b is None else flat_dy.sum(0)
    return dx, dw, db
