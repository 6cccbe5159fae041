"""The gradients of w and b are means over the images instead of sums.

Spoils: dw, db
Cause: linear-averaged-over-rows
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
    dz = dy * (1 - y**2)
    return dz @ w.T, x.T @ dz / len(x), None if b is None else dz.mean(axis=0)
