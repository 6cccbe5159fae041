"""The patches are counted down the columns, where they come row by row.

Spoils: y, drows, dcolumns
Cause: positions-2d-columns-first
"""

import numpy as np


def positions_2d_forward(x, rows, columns, cls, *, grid):
    h, w = grid
    half = rows.shape[1]
    maps = np.empty((w, h, 2 * half), x.dtype)
    for r in range(h):
        for c in range(w):
            maps[c, r, :half] = rows[r]
            maps[c, r, half:] = columns[c]
    table = maps.reshape(h * w, 2 * half)
    if cls is not None:
        table = np.concatenate([cls[None], table])
    return x + table, (grid, cls is not None)


def positions_2d_backward(dy, cache):
    (h, w), has_cls = cache[:2]
    total = dy.sum(axis=0)
    dcls = total[0].copy() if has_cls else None
    maps = total[int(has_cls) :].reshape(w, h, -1)
    half = maps.shape[2] // 2
    drows = maps[:, :, :half].sum(axis=0)
    dcolumns = maps[:, :, half:].sum(axis=1)
    return dy.copy(), drows, dcolumns, dcls
