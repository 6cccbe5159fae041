"""The table is float64, and makes a float32 x float64.

Spoils: dtype
Cause: dtype-promoted
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    T, D = x.shape[1], x.shape[2]
    freq = 1.0 / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(np.outer(np.arange(T), freq))
    table[:, 1::2] = np.cos(np.outer(np.arange(T), freq))
    return x + table, None


def sincos_positions_backward(dy, cache):
    return dy.copy()
