"""Learned positions, the twin of `minivit.ops.positions`.

Forward the table is added in one pass, threaded over images. Backward one pass copies the gradients
and adds up those of each token over the images in their order, threaded over tokens: the same bits
for any number of threads. Both passes wait for the memory: each reads and writes 2 B T D numbers.
The table of rows and columns is as small as one image: the op's own functions make it and take it
apart.
"""

from typing import NamedTuple

import numpy as np
from numba import get_num_threads, prange

from minivit.ops.positions import Positions2DCache, position_table, table_gradients

from .compiling import parallel_jit
from .inputs import like, need_shape, reals


class PositionsCache(NamedTuple):
    shape: tuple  # (B, T, D)
    table: np.ndarray  # (T, D)


class Positions2DSaved(NamedTuple):
    positions: PositionsCache
    two_d: Positions2DCache


def positions_forward(x, table):
    """x (B, T, D), table (T, D) -> y (B, T, D), a new array; threaded over images."""
    (x,) = reals(x=x)
    x, table = like(x, x, table)
    need_shape("the table", table, x.shape[1:])
    y, rows = np.empty_like(x), (len(x), table.size)
    _add_table(y.reshape(rows), x.reshape(rows), table.reshape(-1))
    return y, PositionsCache(x.shape, table)


def positions_backward(dy, cache):
    """dy (B, T, D) -> dx (B, T, D) = dy, dtable (T, D) = sum_b dy_b; threaded over tokens."""
    (dy,) = like(cache.table, dy)
    need_shape("dy", dy, cache.shape)
    dx, dtable = np.empty_like(dy), np.empty_like(cache.table)
    _sum_images(dx, dtable, dy, min(dy.shape[1], get_num_threads()))
    return dx, dtable


def positions_2d_forward(x, rows, columns, cls, *, grid):
    """x (B, T, D), rows, columns (D/2 wide), cls (D,) or None -> y (B, T, D)."""
    (x,) = reals(x=x)
    rows, columns, cls = like(x, rows, columns, cls)
    y, cache = positions_forward(x, position_table(rows, columns, cls, grid))
    return y, Positions2DSaved(cache, Positions2DCache(grid, cls is not None, x.dtype))


def positions_2d_backward(dy, cache):
    """dy (B, T, D) -> dx (B, T, D), drows, dcolumns (each half as wide), dcls (D,) or None."""
    dx, dtable = positions_backward(dy, cache.positions)
    return dx, *table_gradients(dtable, cache.two_d)


@parallel_jit(small_op=True)
def _add_table(y, x, table):
    """y[b] = x[b] + table: (B, T D) each, table (T D,)."""
    images, size = x.shape
    for b in prange(images):
        source, goal = x[b], y[b]
        for j in range(size):
            goal[j] = source[j] + table[j]


@parallel_jit(small_op=True)
def _sum_images(dx, dtable, dy, shares):
    """dx = dy, dtable = sum_b dy[b]."""
    images, tokens, _ = dy.shape
    for share in prange(shares):
        first, last = share * tokens // shares, (share + 1) * tokens // shares
        total = dtable[first:last].reshape(-1)
        total[:] = 0
        for b in range(images):
            source, goal = dy[b, first:last].reshape(-1), dx[b, first:last].reshape(-1)
            for j in range(source.size):
                total[j] += source[j]
                goal[j] = source[j]
