"""The backward forgets the pooling, and dx is (B, D) where x was (B, T, D).

Spoils: dx
Cause: head-pooling-forgotten-in-the-backward
"""

import numpy as np


def head_forward(x, w, b, *, pool="cls", has_cls=False):
    v = x
    if pool == "cls":
        v = x[:, 0, :]
    if pool == "mean":
        v = np.mean(x[:, 1:] if has_cls else x, axis=1)
    if pool == "flatten":
        v = np.reshape(x, (x.shape[0], -1))
    y = np.dot(v, w)
    return (y + b if b is not None else y), (v, w, b)


def head_backward(dlogits, cache):
    v, w, b = cache
    dx = np.dot(dlogits, w.T)
    return dx, np.dot(v.T, dlogits), None if b is None else np.sum(dlogits, axis=0)
