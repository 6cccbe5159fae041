"""The places are counted from 1 instead of 0; a lone forward.

Spoils: y
Cause: sincos-positions-counted-from-one
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    _, T, D = x.shape
    n = D // 2
    f = 10000.0 ** (-np.arange(n) / n)
    table = np.zeros((T, D))
    for t in range(T):
        table[t, 0::2] = np.sin((t + 1) * f)
        table[t, 1::2] = np.cos((t + 1) * f)
    return x + table.astype(x.dtype), None
