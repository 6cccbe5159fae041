"""Without the optional bias the forward raises a TypeError.

Spoils: y
Cause: absent-input
"""


def linear_forward(x, w, b=None):
    return x @ w + b, (x, w)


def linear_backward(dy, cache):
    x, w = cache
    dy2 = dy.reshape(-1, dy.shape[-1])
    dw = x.reshape(-1, x.shape[-1]).T @ dy2
    return dy @ w.T, dw, dy2.sum(axis=0)
