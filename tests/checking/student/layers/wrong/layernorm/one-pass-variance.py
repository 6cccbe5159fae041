"""var = E[x^2] - E[x]^2, which cancels where x is far from 0.

Spoils: y, dx, dgamma
Cause: cancellation
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    m = x.mean(axis=-1, keepdims=True)
    var = (x * x).mean(axis=-1, keepdims=True) - m * m
    rstd = 1 / np.sqrt(np.maximum(var, 0) + eps)
    h = (x - m) * rstd
    return h * gamma + beta, (h, rstd, gamma)


def layernorm_backward(dy, cache):
    h, rstd, gamma = cache
    rows = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dx = rstd * (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True))
    return dx, (dy * h).sum(axis=rows), dy.sum(axis=rows)
