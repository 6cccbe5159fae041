"""The 1-D table holds all sines and then all cosines instead of the two in turn.

Spoils: y
Cause: sincos-positions-all-sines-first
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    T, D = x.shape[1:]
    n = D // 2
    freq = 10000.0 ** (-np.arange(n) / n)
    angles = np.arange(T)[:, None] * freq[None, :]
    table = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    return x + table.astype(x.dtype), None


def sincos_positions_backward(dy, cache):
    return dy.copy()
