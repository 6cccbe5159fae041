"""The backward of the mean gives every token dy, not dy / n.

Spoils: dx
Cause: pool-sum-for-mean
"""

import numpy as np


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    cache = {"x": x, "w": w, "b": b, "pool": pool, "first": 1 if has_cls else 0}
    if pool == "cls":
        y = np.array(x[:, 0])
    elif pool == "mean":
        y = np.mean(x[:, cache["first"] :], axis=1)
    elif pool == "flatten":
        y = np.array([tokens.ravel() for tokens in x])
    else:
        scores = np.einsum("btd,d->bt", x, w[:, 0])
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        cache["p"] = e / e.sum(axis=1, keepdims=True)
        y = np.einsum("bt,btd->bd", cache["p"], x)
    return y, cache


def pool_backward(dy, cache):
    x, w, b = cache["x"], cache["w"], cache["b"]
    if cache["pool"] == "sequence":
        p = cache["p"]
        ds = p * np.einsum("btd,bd->bt", x - np.einsum("bt,btd->bd", p, x)[:, None], dy)
        dx = ds[:, :, None] * w[:, 0] + p[:, :, None] * dy[:, None]
        dw = np.einsum("bt,btd->d", ds, x).reshape(w.shape)
        return dx, dw, None if b is None else np.zeros_like(b)
    dx = np.zeros(x.shape, x.dtype)
    if cache["pool"] == "cls":
        dx[:, 0] = dy
    elif cache["pool"] == "mean":
        dx[:, cache["first"] :] = dy[:, None]
    else:
        dx[...] = dy.reshape(x.shape)
    return dx, None, None
