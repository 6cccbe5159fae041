"""The numbers come column by column instead of token by token.

Spoils: y, dx
Cause: pool-flattened-channels-first
"""

import numpy as np


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    p, first = None, int(has_cls)
    if pool == "cls":
        y = x[:, 0].copy()
    elif pool == "mean":
        y = x[:, first:].sum(axis=1) / (x.shape[1] - first)
    elif pool == "flatten":
        y = np.swapaxes(x, 1, 2).reshape(len(x), -1)
    else:
        s = (x @ w)[:, :, 0]
        if b is not None:
            s = s + b
        e = np.exp(s - s.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        y = np.einsum("bt,btd->bd", p, x)
    return y, (x, w, b, p, pool, first)


def pool_backward(dy, cache):
    x, w, b, p, pool, first = cache
    dx = np.zeros_like(x)
    if pool == "cls":
        dx[:, 0] = dy
    elif pool == "mean":
        dx[:, first:] = dy[:, None] / (x.shape[1] - first)
    elif pool == "flatten":
        dx[:] = np.swapaxes(dy.reshape(len(x), x.shape[2], x.shape[1]), 1, 2)
    if pool != "sequence":
        return dx, None, None
    dp = np.einsum("bd,btd->bt", dy, x)
    ds = p * (dp - (p * dp).sum(axis=1, keepdims=True))
    dx = p[:, :, None] * dy[:, None] + ds[:, :, None] * w[:, 0]
    dw = np.einsum("btd,bt->d", x, ds)[:, None]
    return dx, dw, None if b is None else ds.sum().reshape(1)
