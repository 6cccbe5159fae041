"""dlog_scale is the gradient of exp(log_scale): the factor exp(log_scale) is missing.

Spoils: dlog_scale
Cause: similarity-gradient-of-the-scale
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    nx = np.sqrt(np.einsum("be,be->b", x, x) + eps)
    ny = np.sqrt(np.einsum("ne,ne->n", y, y) + eps)
    cos = np.einsum("be,ne->bn", x, y) / np.outer(nx, ny)
    return np.exp(log_scale) * cos, (x, y, nx, ny, cos, np.exp(log_scale))


def similarity_backward(d, cache):
    x, y, nx, ny, cos, scale = cache
    dcos = scale * d
    dx = (dcos / ny) @ y / nx[:, None] - x * ((dcos * cos).sum(1) / nx**2)[:, None]
    dy = (dcos.T / nx) @ x / ny[:, None] - y * ((dcos * cos).sum(0) / ny**2)[:, None]
    return dx, dy, np.reshape(np.sum(d * cos), (1,))
