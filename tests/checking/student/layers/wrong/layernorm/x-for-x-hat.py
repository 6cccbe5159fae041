"""In the part through the variance x stands where x_hat belongs.

Spoils: dx
Cause: layernorm-x-for-x-hat
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=-1, keepdims=True)
    centred = x - mean
    centred = centred - centred.mean(axis=-1, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps)
    return centred / std * gamma + beta, (x, centred / std, std, gamma)


def layernorm_backward(dy, cache):
    x, x_hat, std, gamma = cache
    rows = tuple(range(dy.ndim - 1))
    g = dy * gamma
    along = x * (g * x).mean(axis=-1, keepdims=True)
    dx = (g - g.mean(axis=-1, keepdims=True) - along) / std
    return dx, (dy * x_hat).sum(axis=rows), dy.sum(axis=rows)
