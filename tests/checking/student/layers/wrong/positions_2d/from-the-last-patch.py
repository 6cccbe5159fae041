"""The patches are counted from the last.

Spoils: y
Cause: positions-2d-from-the-last-patch
"""

import numpy as np


def positions_2d_forward(x, rows, columns, cls, *, grid):
    h, w = grid
    table = np.zeros((h, w, x.shape[-1]), x.dtype)
    for r in range(h):
        for c in range(w):
            table[r, c] = np.concatenate([rows[-1 - r], columns[-1 - c]])
    table = table.reshape(h * w, -1)
    if cls is not None:
        table = np.concatenate([cls[None], table])
    return x + table, (grid, cls is not None)
