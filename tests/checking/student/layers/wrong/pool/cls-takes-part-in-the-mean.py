"""The mean runs over all tokens, the cls token too; the backward is the derivative of that.

Spoils: y, dx
Cause: pool-cls-takes-part-in-the-mean
"""

import numpy as np


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    B, T, D = x.shape
    if pool == "cls":
        return x[:, 0].copy(), (pool, x)
    if pool == "mean":
        return x.mean(axis=1), (pool, x)
    if pool == "flatten":
        return x.reshape(B, T * D).copy(), (pool, x)
    p = softmax((x @ w)[..., 0] + (0 if b is None else b))
    return np.einsum("bt,btd->bd", p, x), (pool, x, w, b, p)


def pool_backward(dy, cache):
    pool, x = cache[:2]
    dx = np.zeros_like(x)
    if pool == "cls":
        dx[:, 0] = dy
    elif pool == "mean":
        dx += dy[:, None] / x.shape[1]
    elif pool == "flatten":
        dx += dy.reshape(x.shape)
    else:
        _, _, w, b, p = cache
        dp = np.einsum("bd,btd->bt", dy, x)
        ds = p * (dp - (dp * p).sum(axis=1, keepdims=True))
        dx += p[..., None] * dy[:, None] + ds[..., None] * w[:, 0]
        dw = np.einsum("bt,btd->d", ds, x)[:, None]
        return dx, dw, None if b is None else np.zeros_like(b)
    return dx, None, None
