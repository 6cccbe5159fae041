"""tanh z = 2 sigmoid(2z) - 1, and its slope 4 sigmoid (1 - sigmoid)."""

import numpy as np


def pre_logits_forward(x, w, b=None):
    z = x @ w
    if b is not None:
        z += b
    s = 1 / (1 + np.exp(-2 * z))
    return 2 * s - 1, (x, w, s, b is not None)


def pre_logits_backward(dy, cache):
    x, w, s, has_bias = cache
    dz = 4 * s * (1 - s) * dy
    return dz @ w.T, x.T @ dz, dz.sum(axis=0) if has_bias else None
