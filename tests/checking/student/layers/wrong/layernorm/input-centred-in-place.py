"""The forward subtracts the mean in the caller's x.

Spoils: inputs
Cause: input-overwritten
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    x -= x.mean(axis=-1, keepdims=True)
    x -= x.mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    h = x * rstd
    return h * gamma + beta, (h, rstd, gamma)


def layernorm_backward(dy, cache):
    h, rstd, gamma = cache
    rows = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dx = rstd * (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True))
    return dx, (dy * h).sum(rows), dy.sum(rows)
