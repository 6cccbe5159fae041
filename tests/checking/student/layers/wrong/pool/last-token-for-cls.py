"""The cls pool takes the last token, as in a language model; a lone forward.

Spoils: y
Cause: pool-last-token-for-cls
"""

import numpy as np


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    if pool == "cls":
        return x[:, -1].copy(), None
    if pool == "mean":
        return (x[:, 1:] if has_cls else x).mean(axis=1), None
    if pool == "flatten":
        return x.reshape(len(x), -1).copy(), None
    s = (x @ w).squeeze(-1)
    if b is not None:
        s = s + b
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return ((e / e.sum(axis=1, keepdims=True))[..., None] * x).sum(axis=1), None
