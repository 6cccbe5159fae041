"""The option eps is taken but never used: 1e-5 stands in the code.

Spoils: y, dx, dgamma
Cause: option-ignored, layernorm-eps-of-pytorch
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    c = x - x.mean(axis=-1, keepdims=True)
    c = c - c.mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt((c * c).mean(axis=-1, keepdims=True) + 1e-5)
    return c * rstd * gamma + beta, (c * rstd, rstd, gamma)


def layernorm_backward(dy, cache):
    h, rstd, gamma = cache
    rows = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dx = rstd * (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True))
    return dx, (dy * h).sum(axis=rows), dy.sum(axis=rows)
