"""The backward skips the normalisation: the gradient of x_hat is taken for that of x.

Spoils: dx, dy
Cause: similarity-normalisation-skipped
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
    return dxh, dyh, (d * s * cos).sum().reshape(1)
