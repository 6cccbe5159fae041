"""dw is made from the first image of the batch alone.

Spoils: dw
Cause: first-image-only
"""


def linear_forward(x, w, b=None):
    return x @ w + (0 if b is None else b), (x, w, b is not None)


def linear_backward(dy, cache):
    x, w, has_bias = cache
    x0 = x[0].reshape(-1, w.shape[0])
    dw = x0.T @ dy[0].reshape(-1, w.shape[1])
    db = dy.reshape(-1, w.shape[1]).sum(axis=0) if has_bias else None
    return dy @ w.T, dw, db
