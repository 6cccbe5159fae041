"""The head returns probabilities instead of logits, and the backward goes through that softmax.

Spoils: y, dx, dw, db
Cause: head-softmax-left-on
"""

import numpy as np


def head_forward(x, w, b, *, pool="cls", has_cls=False):
    if pool is None:
        f = x
    elif pool == "cls":
        f = x[:, 0]
    elif pool == "mean":
        f = x[:, 1 if has_cls else 0 :].mean(axis=1)
    else:
        f = x.reshape(len(x), -1)
    z = f @ w
    if b is not None:
        z = z + b
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, (x, w, b, pool, has_cls, f, p)


def head_backward(dp, cache):
    x, w, b, pool, has_cls, f, p = cache
    dz = p * (dp - (dp * p).sum(axis=1, keepdims=True))
    df = dz @ w.T
    dx = np.zeros_like(x)
    if pool is None:
        dx = df
    elif pool == "cls":
        dx[:, 0] = df
    elif pool == "mean":
        n = x.shape[1] - (1 if has_cls else 0)
        dx[:, x.shape[1] - n :] = df[:, None] / n
    else:
        dx[:] = df.reshape(x.shape)
    return dx, f.T @ dz, None if b is None else dz.sum(axis=0)
