"""Every groups-th channel is a group, where neighbouring channels should be.

Spoils: y, dx, dgamma
Cause: groupnorm-channels-in-turn
"""

import numpy as np


def groupnorm_forward(x, gamma, beta, *, groups=32, eps=1e-6):
    B, C = x.shape[0], x.shape[-1]
    g = x.reshape(B, -1, C // groups, groups)
    c = g - g.mean(axis=(1, 2), keepdims=True)
    c = c - c.mean(axis=(1, 2), keepdims=True)
    rstd = 1 / np.sqrt((c**2).mean(axis=(1, 2), keepdims=True) + eps)
    h = (c * rstd).reshape(x.shape)
    return h * gamma + beta, (h, rstd, gamma, groups)


def groupnorm_backward(dy, cache):
    h, rstd, gamma, groups = cache
    rows = tuple(range(dy.ndim - 1))
    B, C = dy.shape[0], dy.shape[-1]
    d = (dy * gamma).reshape(B, -1, C // groups, groups)
    hg = h.reshape(d.shape)
    ax = (1, 2)
    dx = rstd * (d - d.mean(ax, keepdims=True) - hg * (d * hg).mean(ax, keepdims=True))
    return dx.reshape(dy.shape), (dy * h).sum(rows), dy.sum(rows)
