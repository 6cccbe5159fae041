"""Mean and variance are those of all tokens of an image together, not of each token.

Spoils: y, dx, dgamma
Cause: layernorm-over-tokens-too
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    axes = tuple(range(1, x.ndim))
    c = x - x.mean(axis=axes, keepdims=True)
    c = c - c.mean(axis=axes, keepdims=True)
    rstd = 1 / np.sqrt((c**2).mean(axis=axes, keepdims=True) + eps)
    return c * rstd * gamma + beta, (c * rstd, rstd, gamma)


def layernorm_backward(dy, cache):
    h, rstd, gamma = cache
    inside, rows = tuple(range(1, dy.ndim)), tuple(range(dy.ndim - 1))
    g = dy * gamma
    m = (g * h).mean(axis=inside, keepdims=True)
    dx = rstd * (g - g.mean(axis=inside, keepdims=True) - h * m)
    return dx, (dy * h).sum(axis=rows), dy.sum(axis=rows)
