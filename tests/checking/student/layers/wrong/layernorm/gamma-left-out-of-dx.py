"""dx starts from dy instead of from dy gamma.

Spoils: dx
Cause: layernorm-gamma-left-out-of-dx
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=-1, keepdims=True)
    mean += (x - mean).mean(axis=-1, keepdims=True)
    var = np.mean(np.square(x - mean), axis=-1, keepdims=True)
    xhat = (x - mean) / np.sqrt(var + eps)
    return xhat * gamma + beta, (xhat, np.sqrt(var + eps))


def layernorm_backward(dy, cache):
    xhat, std = cache
    axes = tuple(range(dy.ndim - 1))
    dxhat = dy
    m1 = dxhat.mean(axis=-1, keepdims=True)
    m2 = (dxhat * xhat).mean(axis=-1, keepdims=True)
    return (dxhat - m1 - xhat * m2) / std, (dy * xhat).sum(axis=axes), dy.sum(axis=axes)
