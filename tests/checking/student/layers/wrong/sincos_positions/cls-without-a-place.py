"""In 1-D the cls token gets no position, and the patches are counted from 0; a lone forward.

Spoils: y
Cause: sincos-positions-cls-without-a-place
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    _, T, D = x.shape
    n = D // 2
    f = 10000.0 ** (-np.arange(n) / n)
    table = np.zeros((T, D))
    first = T - grid[0] * grid[1]
    for t in range(T - first):
        table[first + t, 0::2] = np.sin(t * f)
        table[first + t, 1::2] = np.cos(t * f)
    return x + table.astype(x.dtype), None
