"""dgamma and dbeta are summed over the first axis alone.

Spoils: dgamma, dbeta
Cause: not-summed
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    c = x - x.mean(-1)[..., None]
    c = c - c.mean(-1)[..., None]
    std = np.sqrt((c * c).mean(-1) + eps)[..., None]
    return gamma * (c / std) + beta, (c / std, std, gamma)


def layernorm_backward(dy, cache):
    h, std, gamma = cache
    dgamma = (dy * h).sum(axis=0)
    dbeta = dy.sum(axis=0)
    g = dy * gamma
    dx = (g - g.mean(-1)[..., None] - h * (g * h).mean(-1)[..., None]) / std
    return dx, dgamma, dbeta
