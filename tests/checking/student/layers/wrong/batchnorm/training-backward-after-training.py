"""After training the backward still sends gradients through mean and variance, which are constants.

Spoils: dx
Cause: batchnorm-training-backward-after-training
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, running=None, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    if training:
        mean = x.mean(axis=axes)
        mean = mean + (x - mean).mean(axis=axes)
        var = ((x - mean) ** 2).mean(axis=axes)
    else:
        mean, var = (np.asarray(a, x.dtype) for a in running)
    rstd = 1 / np.sqrt(var + eps)
    h = (x - mean) * rstd
    return h * gamma + beta, (h, rstd, gamma)


def batchnorm_backward(dy, cache):
    h, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    n = dy.size // dy.shape[-1]
    dgamma, dbeta = (dy * h).sum(axes), dy.sum(axes)
    dx = gamma * rstd * (dy - dbeta / n - h * dgamma / n)
    return dx, dgamma, dbeta
