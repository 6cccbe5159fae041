"""dgamma and dbeta are summed over the places of the first image alone.

Spoils: dgamma, dbeta
Cause: first-image-only
"""

import numpy as np


def groupnorm_forward(x, gamma, beta, *, groups=32, eps=1e-6):
    shape = x.shape
    y = x.reshape(shape[0], -1, groups, shape[-1] // groups)
    y = y - y.mean(axis=(1, 3), keepdims=True)
    y = y - y.mean(axis=(1, 3), keepdims=True)
    s = np.sqrt(y.var(axis=(1, 3), keepdims=True) + eps)
    y = y / s
    return gamma * y.reshape(shape) + beta, dict(h=y, s=s, gamma=gamma)


def groupnorm_backward(dy, cache):
    h, s, gamma = cache["h"], cache["s"], cache["gamma"]
    d = (dy * gamma).reshape(h.shape)
    m = d.mean(axis=(1, 3), keepdims=True)
    dx = (d - m - h * (d * h).mean(axis=(1, 3), keepdims=True)) / s
    C = len(gamma)
    dgamma = (dy[0] * h[0].reshape(dy[0].shape)).reshape(-1, C).sum(0)
    return dx.reshape(dy.shape), dgamma, dy[0].reshape(-1, C).sum(0)
