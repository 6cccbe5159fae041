"""The slope is (1 - y)^2: the square is of too much.

Spoils: dx, dw, db
Cause: pre-logits-slope-squared-as-a-whole
"""

import numpy as np


def pre_logits_forward(x, w, b=None):
    z = x @ w
    if b is not None:
        z = z + b
    y = np.tanh(z)
    return y, (x, w, b, y, z)


def pre_logits_backward(dy, cache):
    x, w, b, y, z = cache
    dz = dy * (1 - y) ** 2
    return dz @ w.T, x.T @ dz, None if b is None else dz.sum(axis=0)
