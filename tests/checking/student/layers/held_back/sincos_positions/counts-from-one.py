"""The places are counted from 1, so that each token has the next one's waves.

Spoils: y
Cause: sincos-positions-counted-from-one
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    _, T, D = x.shape
    k = np.arange(D)
    rate = 10000.0 ** (-2 * (k // 2) / D)
    angle = np.arange(1, T + 1)[:, None] * rate
    table = np.where(k % 2 == 0, np.sin(angle), np.cos(angle))
    return x + table.astype(x.dtype), ()


def sincos_positions_backward(dy, cache):
    return dy.copy()
