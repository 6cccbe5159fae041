"""The place of each patch is looked up, and np.add.at collects the gradients."""

import numpy as np


def positions_2d_forward(x, rows, columns, cls, *, grid):
    r, c = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    table = np.hstack([rows[r], columns[c]])
    if cls is not None:
        table = np.vstack([cls[None], table])
    return x + table, (r, c, rows.shape, columns.shape, cls is not None)


def positions_2d_backward(dy, cache):
    r, c, row_shape, column_shape, has_cls = cache
    drows, dcolumns = np.zeros(row_shape, dy.dtype), np.zeros(column_shape, dy.dtype)
    half = row_shape[1]
    dpatches = dy[:, 1:] if has_cls else dy
    for image in dpatches:
        np.add.at(drows, r, image[:, :half])
        np.add.at(dcolumns, c, image[:, half:])
    return dy.copy(), drows, dcolumns, dy[:, 0].sum(axis=0) if has_cls else None
