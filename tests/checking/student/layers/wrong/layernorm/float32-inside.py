"""It calculates in float32 whatever it is given, and returns that.

Spoils: y, dx, dgamma, dbeta, dtype
Cause: dtype-lowered
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    x = x.astype(np.float32)
    gamma = gamma.astype(np.float32)
    beta = beta.astype(np.float32)
    c = x - x.mean(axis=-1, keepdims=True)
    c = c - c.mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt((c**2).mean(axis=-1, keepdims=True) + np.float32(eps))
    return c * rstd * gamma + beta, (c * rstd, rstd, gamma)


def layernorm_backward(dy, cache):
    h, rstd, gamma = cache
    dy = dy.astype(np.float32)
    rows = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dx = rstd * (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True))
    return dx, (dy * h).sum(rows), dy.sum(rows)
