"""The running statistics are used in training, too; a lone forward.

Spoils: y
Cause: batchnorm-running-in-training
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, running=None, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    if running is None:
        mean = x.mean(axis=axes, keepdims=True)
        mean = mean + (x - mean).mean(axis=axes, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    else:
        mean, var = running.mean.astype(x.dtype), running.var.astype(x.dtype)
    std = np.sqrt(var + eps)
    hat = (x - mean) / std
    return hat * gamma + beta, None
