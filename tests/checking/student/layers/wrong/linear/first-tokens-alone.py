"""The parameters learn from the first token of an image.

Spoils: dw, db
Cause: linear-first-tokens-alone
"""


def linear_forward(x, w, b):
    y = x @ w
    return y if b is None else y + b, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    dx = dy @ w.T
    if x.ndim > 2:
        x, dy = x[..., :1, :], dy[..., :1, :]
    flat = dy.reshape(-1, dy.shape[-1])
    dw = x.reshape(-1, x.shape[-1]).T @ flat
    return dx, dw, None if b is None else dy.reshape(-1, dy.shape[-1]).sum(axis=0)
