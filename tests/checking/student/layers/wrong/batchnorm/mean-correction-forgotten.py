"""The backward forgets that x moves the mean of its channel.

Spoils: dx
Cause: batchnorm-mean-correction-forgotten
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, eps=1e-5):
    flat = x.reshape(-1, x.shape[-1])
    c = flat - flat.mean(0)
    c = c - c.mean(0)
    std = np.sqrt((c**2).mean(0) + eps)
    return (c / std * gamma + beta).reshape(x.shape), (c / std, std, gamma)


def batchnorm_backward(dy, cache):
    h, std, gamma = cache
    d = dy.reshape(h.shape)
    g = d * gamma
    dx = (g - h * (g * h).mean(0)) / std
    return dx.reshape(dy.shape), (d * h).sum(0), d.sum(0)
