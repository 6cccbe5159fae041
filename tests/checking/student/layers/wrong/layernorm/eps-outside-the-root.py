"""eps is added to the standard deviation instead of to the variance inside the root.

Spoils: y, dx, dgamma
Cause: layernorm-eps-outside-the-root
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=-1, keepdims=True)
    c = x - mean
    c = c - c.mean(axis=-1, keepdims=True)
    std = np.sqrt((c * c).mean(axis=-1, keepdims=True))
    x_hat = c / (std + eps)
    return gamma * x_hat + beta, (c, std, eps, gamma)


def layernorm_backward(dy, cache):
    c, std, eps, gamma = cache
    total = std + eps
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dc = g / total
    safe = np.where(std > 0, std, 1)
    dc = dc - c / safe * (g * c).mean(axis=-1, keepdims=True) / total**2
    dx = dc - dc.mean(axis=-1, keepdims=True)
    return dx, (dy * c / total).sum(axis=axes), dy.sum(axis=axes)
