"""Mean and variance are taken over the images at each place, not over all places, too.

Spoils: y, dx, dgamma
Cause: batchnorm-over-images-alone
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, eps=1e-5):
    mean = x.mean(axis=0)
    mean = mean + (x - mean).mean(axis=0)
    var = ((x - mean) ** 2).mean(axis=0)
    rstd = 1 / np.sqrt(var + eps)
    h = (x - mean) * rstd
    return gamma * h + beta, (h, rstd, gamma)


def batchnorm_backward(dy, cache):
    h, rstd, gamma = cache
    d = dy * gamma
    dx = rstd * (d - d.mean(axis=0) - h * (d * h).mean(axis=0))
    rows = tuple(range(dy.ndim - 1))
    return dx, (dy * h).sum(rows), dy.sum(rows)
