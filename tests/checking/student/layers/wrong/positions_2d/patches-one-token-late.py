"""The patches' vectors begin at the cls token.

Spoils: y
Cause: positions-2d-patches-one-token-late
"""

import numpy as np


def positions_2d_forward(x, rows, columns, cls, *, grid):
    h, w = grid
    table = np.zeros((h, w, x.shape[-1]), x.dtype)
    for r in range(h):
        for c in range(w):
            table[r, c] = np.concatenate([rows[r], columns[c]])
    table = table.reshape(h * w, -1)
    y = x.copy()
    y[:, : h * w] += table
    if cls is not None:
        y[:, 0] += cls
    return y, (grid, cls is not None)
