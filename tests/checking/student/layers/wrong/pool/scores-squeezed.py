"""The scores are squeezed of all axes of one: a single image or a single token goes wrong.

Spoils: y
Cause: axes-of-one
"""

import numpy as np


def softmax(s):
    s = np.exp(s - s.max(axis=-1, keepdims=True))
    return s / s.sum(axis=-1, keepdims=True)


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    p = None
    if pool == "cls":
        y = x[:, 0].copy()
    elif pool == "mean":
        y = x[:, int(has_cls) :].mean(axis=1)
    elif pool == "flatten":
        y = x.reshape(x.shape[0], -1).copy()
    else:
        s = np.squeeze(x @ w)
        if b is not None:
            s = s + b
        p = softmax(s)
        y = np.einsum("bt,btd->bd", p, x)
    return y, (x, w, b, p, pool, int(has_cls))


def pool_backward(dy, cache):
    x, w, b, p, pool, first = cache
    dx = np.zeros_like(x)
    if pool == "cls":
        dx[:, 0] = dy
    elif pool == "mean":
        dx[:, first:] = dy[:, None] / (x.shape[1] - first)
    elif pool == "flatten":
        dx[:] = dy.reshape(x.shape)
    if pool != "sequence":
        return dx, None, None
    dp = np.einsum("bd,btd->bt", dy, x)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    dx = np.einsum("bt,bd->btd", p, dy) + ds[..., None] * w[:, 0]
    dw = np.einsum("bt,btd->d", ds, x)[:, None]
    return dx, dw, ds.sum().reshape(1) if b is not None else None
