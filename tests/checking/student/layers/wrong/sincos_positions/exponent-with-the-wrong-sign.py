"""The waves become faster from column to column instead of slower; a lone forward.

Spoils: y
Cause: sincos-positions-exponent-with-the-wrong-sign
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    _, T, D = x.shape
    n = D // 2
    f = 10000.0 ** (np.arange(n) / n)
    table = np.zeros((T, D))
    for t in range(T):
        table[t, 0::2] = np.sin(t * f)
        table[t, 1::2] = np.cos(t * f)
    return x + table.astype(x.dtype), None
