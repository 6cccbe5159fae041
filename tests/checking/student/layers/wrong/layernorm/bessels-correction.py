"""The variance is divided by D - 1 instead of D; the backward is the derivative of that.

Spoils: y, dx, dgamma
Cause: layernorm-bessel
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    n = x.shape[-1]
    mean = x.mean(axis=-1, keepdims=True)
    mean = mean + (x - mean).mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).sum(axis=-1, keepdims=True) / max(n - 1, 1)
    rstd = 1.0 / np.sqrt(var + eps)
    x_hat = (x - mean) * rstd
    return x_hat * gamma + beta, (x_hat, rstd, gamma)


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    n = dy.shape[-1]
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    along = (g * x_hat).sum(axis=-1, keepdims=True) / max(n - 1, 1)
    dx = rstd * (g - g.mean(axis=-1, keepdims=True) - x_hat * along)
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)
