"""The two corrections are sums over the channel where they should be means.

Spoils: dx
Cause: batchnorm-sum-for-mean
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, running=None, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    if training:
        mean = x.mean(axis=axes, keepdims=True)
        mean = mean + (x - mean).mean(axis=axes, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    else:
        mean, var = running.mean.astype(x.dtype), running.var.astype(x.dtype)
    std = np.sqrt(var + eps)
    hat = (x - mean) / std
    return hat * gamma + beta, (x, hat, std, gamma, training)


def batchnorm_backward(dy, cache):
    x, hat, std, gamma, training = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    dx = g / std
    if training:
        sum_g, sum_gh = g.sum(axis=axes), (g * hat).sum(axis=axes)
        dx = (g - sum_g - hat * sum_gh) / std
    return dx, (dy * hat).sum(axis=axes), dy.sum(axis=axes)
