"""The chain through the variance takes std^-2 where its derivative has std^-3.

Spoils: dx
Cause: layernorm-spread-forgotten-once-along-x-hat
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=-1, keepdims=True)
    mean = mean + (x - mean).mean(axis=-1, keepdims=True)
    xmu = x - mean
    var = (xmu**2).mean(axis=-1, keepdims=True)
    xhat = xmu / np.sqrt(var + eps)
    return gamma * xhat + beta, (xmu, var, eps, gamma)


def layernorm_backward(dy, cache):
    xmu, var, eps, gamma = cache
    D = dy.shape[-1]
    rows = tuple(range(dy.ndim - 1))
    std = np.sqrt(var + eps)
    dxhat = dy * gamma
    dvar = (dxhat * xmu * -0.5 * (var + eps) ** -1).sum(axis=-1, keepdims=True)
    dmean = -(dxhat / std).sum(axis=-1, keepdims=True)
    dx = dxhat / std + dvar * 2 * xmu / D + dmean / D
    return dx, (dy * xmu / std).sum(axis=rows), dy.sum(axis=rows)
