"""A number that is the largest in several windows gets the gradient of the last one alone.

Spoils: dx
Cause: max-pool-overlaps-overwritten
"""

import numpy as np


def max_pool_forward(x, *, side=3, stride=2):
    B, H, W, C = x.shape
    h, v = -(-H // stride), -(-W // stride)
    top = max((h - 1) * stride + side - H, 0) // 2
    left = max((v - 1) * stride + side - W, 0) // 2
    y = np.empty((B, h, v, C), x.dtype)
    where = {}
    for i in range(h):
        for j in range(v):
            r0, s0 = max(i * stride - top, 0), max(j * stride - left, 0)
            r1, s1 = i * stride - top + side, j * stride - left + side
            block = x[:, r0:r1, s0:s1]
            y[:, i, j] = block.max(axis=(1, 2))
            n = block.reshape(B, -1, C).argmax(axis=1)
            where[i, j] = r0 + n // block.shape[2], s0 + n % block.shape[2]
    return y, (where, x.shape)


def max_pool_backward(dy, cache):
    where, shape = cache
    dx = np.zeros(shape, dy.dtype)
    b, c = np.arange(shape[0])[:, None], np.arange(shape[3])[None]
    for (i, j), (rows, columns) in where.items():
        dx[b, rows, columns, c] = dy[:, i, j]
    return dx
