"""The second token stands for the first.

Spoils: y
Cause: pool-second-token-for-cls
"""

import numpy as np


def pool_forward(x, w, b, *, pool="sequence", has_cls=False):
    if pool == "cls":
        return x[:, min(1, x.shape[1] - 1)].copy(), None
    if pool == "flatten":
        return x.reshape(len(x), -1).copy(), None
    t = x[:, 1:] if has_cls else x
    if pool == "mean":
        return t.mean(axis=1), None
    s = (x @ w)[:, :, 0]
    if b is not None:
        s = s + b
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.einsum("bt,btd->bd", p, x), None
