"""The numbers of the row's vector and the column's stand in turn, not one after the other.

Spoils: y, drows, dcolumns
Cause: positions-2d-in-turn
"""

import numpy as np


def positions_2d_forward(x, rows, columns, cls, *, grid):
    h, w = grid
    half = rows.shape[1]
    maps = np.empty((h, w, 2 * half), x.dtype)
    for r in range(h):
        for c in range(w):
            maps[r, c, 0::2] = rows[r]
            maps[r, c, 1::2] = columns[c]
    table = maps.reshape(h * w, 2 * half)
    if cls is not None:
        table = np.concatenate([cls[None], table])
    return x + table, (grid, cls is not None)


def positions_2d_backward(dy, cache):
    (h, w), has_cls = cache[:2]
    total = dy.sum(axis=0)
    dcls = total[0].copy() if has_cls else None
    maps = total[int(has_cls) :].reshape(h, w, -1)
    drows = maps[:, :, 0::2].sum(axis=1)
    dcolumns = maps[:, :, 1::2].sum(axis=0)
    return dy.copy(), drows, dcolumns, dcls
