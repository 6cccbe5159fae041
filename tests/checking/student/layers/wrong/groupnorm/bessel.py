"""The variance is divided by n - 1 instead of n; a lone forward.

Spoils: y
Cause: groupnorm-bessel
"""

import numpy as np


def groupnorm_forward(x, gamma, beta, *, groups=32, eps=1e-6):
    B, C = x.shape[0], x.shape[-1]
    v = x.reshape(B, -1, groups, C // groups)
    c = v - v.mean(axis=(1, 3), keepdims=True)
    c = c - c.mean(axis=(1, 3), keepdims=True)
    n = c.shape[1] * c.shape[3]
    var = (c * c).sum(axis=(1, 3), keepdims=True) / max(n - 1, 1)
    std = np.sqrt(var + eps)
    hat = (c / std).reshape(x.shape)
    return hat * gamma + beta, None
