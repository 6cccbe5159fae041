"""The bias is added to the tanh instead of before it.

Spoils: y, dx, dw, db
Cause: pre-logits-bias-after-the-tanh
"""

import numpy as np


def pre_logits_forward(x, w, b=None):
    z = x @ w
    y = np.tanh(z)
    if b is not None:
        y = y + b
    return y, (x, w, b, y, z)


def pre_logits_backward(dy, cache):
    x, w, b, y, z = cache
    dz = dy * (1 - np.tanh(z) ** 2)
    return dz @ w.T, x.T @ dz, None if b is None else dy.sum(axis=0)
