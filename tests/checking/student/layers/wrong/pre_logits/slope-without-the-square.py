"""The slope of tanh is taken as 1 - y instead of 1 - y^2.

Spoils: dx, dw, db
Cause: pre-logits-slope-without-the-square
"""

import numpy as np


def pre_logits_forward(x, w, b=None):
    z = x @ w
    if b is not None:
        z = z + b
    y = np.tanh(z)
    return y, (x, w, b, y)


def pre_logits_backward(dy, cache):
    x, w, b, y = cache
    dz = dy * (1 - y)
    return dz @ w.T, x.T @ dz, None if b is None else dz.sum(axis=0)
