"""In training x is normalised by the updated running statistics, not by the batch's own.

Spoils: y
Cause: batchnorm-normalised-by-the-new-running
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, running=None, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    if training:
        mean = x.mean(axis=axes, keepdims=True)
        mean = mean + (x - mean).mean(axis=axes, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
        if running is not None:
            n = x.size // x.shape[-1]
            old, new = 1 - momentum, momentum * n / max(n - 1, 1)
            mean = (old * running.mean + momentum * mean).astype(x.dtype)
            var = (old * running.var + new * var).astype(x.dtype)
    else:
        mean, var = running.mean.astype(x.dtype), running.var.astype(x.dtype)
    std = np.sqrt(var + eps)
    hat = (x - mean) / std
    return hat * gamma + beta, None
