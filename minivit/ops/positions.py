"""Learned positions: vectors that tell a token where it lies.

    1-D   y_t = x_t + table_t                                a vector for every token
    2-D   y_rc = x_rc + [rows_r; columns_c]                  one for its row, one for its column

In 2-D half of the width belongs to the row, half to the column; the cls token has a vector of its
own. (ViT paper, section 3.1 and appendix D.4.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class PositionsCache(NamedTuple):
    dtype: np.dtype


def positions_forward(
    x: np.ndarray, table: np.ndarray, *, note=unseen
) -> tuple[np.ndarray, PositionsCache]:
    """x (B, T, D), table (T, D) -> y (B, T, D)."""
    x, table = reals(x=x, table=table)
    y = x + table
    note(y=y)
    return y, PositionsCache(x.dtype)


def positions_backward(
    dy: np.ndarray, cache: PositionsCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray]:
    """dy (B, T, D) -> dx (B, T, D), dtable (T, D): every image adds to the table's."""
    dy = upstream(dy, cache.dtype)
    note(y=dy)
    return dy.copy(), dy.sum(axis=0)


class Positions2DCache(NamedTuple):
    grid: tuple[int, int]  # patches along (height, width)
    has_cls: bool
    dtype: np.dtype


def positions_2d_forward(
    x: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    cls: np.ndarray | None,
    *,
    grid: tuple[int, int],
    note=unseen,
) -> tuple[np.ndarray, Positions2DCache]:
    """Tell each patch its row and its column.

    x (B, T, D), rows (grid rows, D/2), columns (grid columns, D/2), cls (D,) or None
    -> y (B, T, D), T = N + 1 with a cls token and N without, N = grid rows x grid columns.

    Raises InputError when the tables are not those of the grid.
    """
    x, rows, columns, cls = reals(x=x, rows=rows, columns=columns, cls=cls)
    y = x + position_table(rows, columns, cls, grid)
    note(y=y)
    return y, Positions2DCache(grid, cls is not None, x.dtype)


def positions_2d_backward(dy: np.ndarray, cache: Positions2DCache, *, note=unseen) -> tuple:
    """Gradients of y = x + [cls; [rows_r; columns_c] for every r, c].

    dy (B, T, D) -> dx (B, T, D), drows (grid rows, D/2), dcolumns (grid columns, D/2), dcls.

    A row's vector is used by all patches in the row of every image, so it collects from them:
        dtable = sum_b dy_b
        drows_r = sum_c dtable_rc[: D/2],   dcolumns_c = sum_r dtable_rc[D/2 :]
    """
    dy = upstream(dy, cache.dtype)
    note(y=dy)
    return dy.copy(), *table_gradients(dy.sum(axis=0), cache)


def table_gradients(dtable: np.ndarray, cache: Positions2DCache) -> tuple:
    """dtable (T, D) -> drows (grid rows, D/2), dcolumns (grid columns, D/2), dcls (D,) or None."""
    dcls = dtable[0].copy() if cache.has_cls else None
    dpatches = dtable[1:] if cache.has_cls else dtable
    halves = dpatches.reshape(*cache.grid, 2, -1)  # (grid rows, grid columns, 2, D/2)
    return halves[:, :, 0].sum(axis=1), halves[:, :, 1].sum(axis=0), dcls


def position_table(
    rows: np.ndarray, columns: np.ndarray, cls: np.ndarray | None, grid: tuple[int, int]
) -> np.ndarray:
    """The vector of each token, in raster order: -> (T, D)."""
    if (len(rows), len(columns)) != tuple(grid) or rows.shape[1:] != columns.shape[1:]:
        raise InputError(
            f"tables of the shapes {rows.shape} and {columns.shape} don't fit a grid of "
            f"{grid[0]}x{grid[1]} patches: one vector for each row, one for each column, of half "
            "the width each"
        )
    half = rows.shape[1]  # D/2
    table = np.empty((*grid, 2 * half), rows.dtype)  # (grid rows, grid columns, D)
    table[:, :, :half] = rows[:, None]
    table[:, :, half:] = columns
    table = table.reshape(-1, 2 * half)  # (N, D)
    return table if cls is None else np.concatenate([cls[None], table])
