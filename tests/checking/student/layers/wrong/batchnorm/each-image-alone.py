"""Mean and variance are taken over the places of each image, not over the images, too.

Spoils: y
Cause: batchnorm-each-image-alone
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, running=None, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(range(1, x.ndim - 1))
    if training:
        mean = x.mean(axis=axes, keepdims=True)
        mean = mean + (x - mean).mean(axis=axes, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    else:
        mean, var = running.mean.astype(x.dtype), running.var.astype(x.dtype)
    std = np.sqrt(var + eps)
    hat = (x - mean) / std
    return hat * gamma + beta, None
