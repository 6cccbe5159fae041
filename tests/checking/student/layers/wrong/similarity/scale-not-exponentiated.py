"""The cosines are multiplied by log_scale itself, and the gradient is that of it.

Spoils: y, dx, dy, dlog_scale
Cause: similarity-scale-not-exponentiated
"""

import numpy as np


def normalise(a, eps):
    n = np.sqrt(np.sum(a * a, axis=1, keepdims=True) + eps)
    return a / n, n


def denormalise(g, a_hat, n):
    return (g - a_hat * np.sum(g * a_hat, axis=1, keepdims=True)) / n


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    (xh, nx), (yh, ny) = normalise(x, eps), normalise(y, eps)
    cosines = xh @ yh.T
    return cosines * log_scale, (xh, nx, yh, ny, cosines, log_scale)


def similarity_backward(d, cache):
    xh, nx, yh, ny, cosines, scale = cache
    dx = denormalise(scale * d @ yh, xh, nx)
    dy = denormalise(scale * d.T @ xh, yh, ny)
    return dx, dy, np.array([np.sum(d * cosines)], d.dtype)
