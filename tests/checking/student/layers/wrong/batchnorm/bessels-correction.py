"""The batch is normalised with the variance over n - 1, which belongs to the running one.

Spoils: y, dx, dgamma
Cause: batchnorm-bessel
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, eps=1e-5):
    flat = x.reshape(-1, x.shape[-1])
    n = len(flat)
    c = flat - flat.mean(axis=0)
    c = c - c.mean(axis=0)
    var = (c**2).sum(axis=0) / max(n - 1, 1)
    h = c / np.sqrt(var + eps)
    return (h * gamma + beta).reshape(x.shape), (h, np.sqrt(var + eps), gamma, n)


def batchnorm_backward(dy, cache):
    h, std, gamma, n = cache
    d = dy.reshape(h.shape)
    g = d * gamma
    dx = (g - g.mean(axis=0) - h * (g * h).sum(axis=0) / max(n - 1, 1)) / std
    return dx.reshape(dy.shape), (d * h).sum(axis=0), d.sum(axis=0)
