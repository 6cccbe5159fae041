"""The frequencies fall as 10000^(-2i/n) instead of 10000^(-i/n), n = D/2.

Spoils: y
Cause: sincos-positions-exponent-doubled
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    _, T, D = x.shape
    table = np.zeros((T, D))
    for t in range(T):
        for i in range(D // 2):
            angle = t / 10000 ** (4 * i / D)
            table[t, 2 * i] = np.sin(angle)
            table[t, 2 * i + 1] = np.cos(angle)
    return (x + table).astype(x.dtype), None


def sincos_positions_backward(dy, cache):
    return np.copy(dy)
