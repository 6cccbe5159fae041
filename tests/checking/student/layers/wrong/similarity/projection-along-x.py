"""What is taken off is computed with x instead of x_hat.

Spoils: dx, dy
Cause: similarity-projection-along-x
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    nx = np.sqrt((x * x).sum(axis=1, keepdims=True) + eps)
    ny = np.sqrt((y * y).sum(axis=1, keepdims=True) + eps)
    xh, yh, s = x / nx, y / ny, np.exp(log_scale)
    cos = xh @ yh.T
    return s * cos, (x, y, nx, ny, s, cos)


def similarity_backward(d, cache):
    x, y, nx, ny, s, cos = cache
    xh, yh = x / nx, y / ny
    dcos = s * d
    dxh, dyh = dcos @ yh, dcos.T @ xh
    dx = (dxh - (dxh * x).sum(axis=1, keepdims=True) * x) / nx
    dy = (dyh - (dyh * y).sum(axis=1, keepdims=True) * y) / ny
    return dx, dy, (d * s * cos).sum().reshape(1)
