"""The exponent is divided by n instead of n - 1 in big_vision's table; a lone forward.

Spoils: y
Cause: sincos-positions-2d-by-n
"""

import numpy as np


def sincos_positions_forward(x, *, kind="sincos", grid):
    T, D = x.shape[1:]
    rows, columns = grid
    table = np.zeros((T, D))
    if kind == "sincos":
        n = D // 2
        f = 10000.0 ** (-np.arange(n) / n)
        for t in range(T):
            table[t, 0::2] = np.sin(t * f)
            table[t, 1::2] = np.cos(t * f)
    else:
        n = D // 4
        last = n
        f = 10000.0 ** (-np.arange(n) / last)
        first = T - rows * columns
        for r in range(rows):
            for c in range(columns):
                waves = np.sin(c * f), np.cos(c * f), np.sin(r * f), np.cos(r * f)
                table[first + r * columns + c] = np.concatenate(waves)
    return x + table.astype(x.dtype), None
