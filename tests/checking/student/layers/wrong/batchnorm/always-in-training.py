"""The batch's own statistics are used after training, too; training is ignored.

Spoils: y, dx, dgamma
Cause: batchnorm-always-in-training
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, running=None, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    c = x - x.mean(axis=axes)
    c = c - c.mean(axis=axes)
    rstd = 1 / np.sqrt((c * c).mean(axis=axes) + eps)
    return gamma * (c * rstd) + beta, (c * rstd, rstd, gamma, axes)


def batchnorm_backward(dy, cache):
    h, rstd, gamma, axes = cache
    g = dy * gamma
    dx = rstd * (g - g.mean(axis=axes) - h * (g * h).mean(axis=axes))
    return dx, (dy * h).sum(axis=axes), dy.sum(axis=axes)
