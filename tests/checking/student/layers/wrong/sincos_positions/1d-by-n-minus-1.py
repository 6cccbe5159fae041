"""In 1-D the exponent is divided by n - 1 instead of n; a lone forward.

Spoils: y
Cause: sincos-positions-1d-by-n-minus-1
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    _, T, D = x.shape
    n = D // 2
    f = 10000.0 ** (-np.arange(n) / max(n - 1, 1))
    table = np.zeros((T, D))
    for t in range(T):
        table[t, 0::2] = np.sin(t * f)
        table[t, 1::2] = np.cos(t * f)
    return x + table.astype(x.dtype), None
