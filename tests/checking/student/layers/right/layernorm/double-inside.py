"""It calculates in float64 and returns the dtype that it was given."""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    x64 = x.astype(np.float64)
    c = x64 - x64.mean(axis=-1, keepdims=True)
    c -= c.mean(axis=-1, keepdims=True)
    std = np.sqrt((c**2).mean(axis=-1, keepdims=True) + eps)
    return (gamma * (c / std) + beta).astype(x.dtype), (c / std, std, gamma)


def layernorm_backward(dy, cache):
    hat, std, gamma = cache
    d = dy.astype(np.float64)
    axes = tuple(range(d.ndim - 1))
    g = d * gamma
    # g without its parts along the ones and along hat
    g = g - g.mean(axis=-1, keepdims=True)
    g = g - hat * (g * hat).mean(axis=-1, keepdims=True)
    return tuple(a.astype(dy.dtype) for a in (g / std, (d * hat).sum(axes), d.sum(axes)))
