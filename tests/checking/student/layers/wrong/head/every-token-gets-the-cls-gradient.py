"""With the cls pool the gradient is handed to all tokens instead of to the first alone.

Spoils: dx
Cause: head-every-token-gets-the-cls-gradient
"""

import numpy as np

from minivit.ops import linear_backward, linear_forward


def pooled(x, pool, has_cls):
    if pool is None:
        return x
    if pool == "flatten":
        return x.reshape(x.shape[0], -1)
    return x[:, 0] if pool == "cls" else x[:, int(has_cls) :].mean(axis=1)


def head_forward(x, w, b, *, pool="cls", has_cls=False):
    logits, cache = linear_forward(pooled(x, pool, has_cls), w, b)
    return logits, (x.shape, pool, has_cls, cache)


def head_backward(dlogits, cache):
    shape, pool, has_cls, linear = cache
    df, dw, db = linear_backward(dlogits, linear)
    if pool is None:
        return df, dw, db
    if pool == "flatten":
        return df.reshape(shape), dw, db
    dx = np.zeros(shape, df.dtype)
    if pool == "mean":
        dx[:, int(has_cls) :] = df[:, None] / (shape[1] - int(has_cls))
    else:
        dx[:] = df[:, None]
    return dx, dw, db
