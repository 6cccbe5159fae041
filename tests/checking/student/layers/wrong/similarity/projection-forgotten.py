"""The gradient of the normalisation is taken as 1 / |x|: what points along x is not taken off.

Spoils: dx, dy
Cause: similarity-projection-forgotten
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    nx = np.sqrt((x**2).sum(1, keepdims=True) + eps)
    ny = np.sqrt((y**2).sum(1, keepdims=True) + eps)
    s = np.exp(log_scale)
    cos = (x / nx) @ (y / ny).T
    return s * cos, (x / nx, y / ny, nx, ny, s, cos)


def similarity_backward(d, cache):
    xh, yh, nx, ny, s, cos = cache
    dx = s * (d @ yh) / nx
    dy = s * (d.T @ xh) / ny
    return dx, dy, (d * cos).sum().reshape(1) * s
