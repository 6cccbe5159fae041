"""The backward does not take off the mean of g: x is taken not to move its own mean.

Spoils: dx
Cause: layernorm-mean-correction-forgotten
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mu = x.mean(-1, keepdims=True)
    mu = mu + (x - mu).mean(-1, keepdims=True)
    var = ((x - mu) ** 2).mean(-1, keepdims=True)
    inv = 1 / np.sqrt(var + eps)
    xhat = (x - mu) * inv
    return gamma * xhat + beta, (xhat, inv, gamma)


def layernorm_backward(dy, cache):
    xhat, inv, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dx = inv * (g - xhat * (g * xhat).mean(-1, keepdims=True))
    return dx, (dy * xhat).sum(axes), dy.sum(axes)
