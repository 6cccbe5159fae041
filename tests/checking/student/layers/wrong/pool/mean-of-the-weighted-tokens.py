"""The weighted tokens are averaged where they should be summed; a lone forward.

Spoils: y
Cause: pool-mean-of-the-weighted-tokens
"""

import numpy as np


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    p, first = None, int(has_cls)
    if pool == "cls":
        y = x[:, 0].copy()
    elif pool == "mean":
        y = x[:, first:].sum(axis=1) / (x.shape[1] - first)
    elif pool == "flatten":
        y = x.reshape(len(x), -1).copy()
    else:
        s = (x @ w)[:, :, 0]
        if b is not None:
            s = s + b
        e = np.exp(s - s.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        y = (p[:, :, None] * x).mean(axis=1)
    return y, None
