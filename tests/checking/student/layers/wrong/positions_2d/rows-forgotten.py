"""The row's vector is not added.

Spoils: y
Cause: positions-2d-rows-forgotten
"""

import numpy as np


def positions_2d_forward(x, rows, columns, cls, *, grid):
    h, w = grid
    table = np.zeros((h, w, x.shape[-1]), x.dtype)
    half = rows.shape[1]
    for r in range(h):
        for c in range(w):
            table[r, c, half:] = columns[c]
    table = table.reshape(h * w, -1)
    if cls is not None:
        table = np.concatenate([cls[None], table])
    return x + table, (grid, cls is not None)
