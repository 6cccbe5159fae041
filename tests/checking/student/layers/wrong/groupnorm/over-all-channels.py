"""Mean and variance are those of all channels, as if there were one group.

Spoils: y, dx, dgamma
Cause: groupnorm-over-all-channels
"""

import numpy as np


def groupnorm_forward(x, gamma, beta, *, groups=32, eps=1e-6):
    B, C = x.shape[0], x.shape[-1]
    v = x.reshape(B, -1, groups, C // groups)
    c = v - v.mean(axis=(1, 2, 3), keepdims=True)
    c = c - c.mean(axis=(1, 2, 3), keepdims=True)
    std = np.sqrt((c * c).mean(axis=(1, 2, 3), keepdims=True) + eps)
    hat = (c / std).reshape(x.shape)
    return hat * gamma + beta, (x, hat, std, gamma, groups)


def groupnorm_backward(dy, cache):
    x, hat, std, gamma, groups = cache
    rows = tuple(range(dy.ndim - 1))
    g = (dy * gamma).reshape(len(dy), -1, groups, dy.shape[-1] // groups)
    h = hat.reshape(g.shape)
    mean_g, mean_gh = (a.mean(axis=(1, 2, 3), keepdims=True) for a in (g, g * h))
    dx = (g - mean_g - h * mean_gh) / std
    return dx.reshape(dy.shape), (dy * hat).sum(axis=rows), dy.sum(axis=rows)
