"""Interpolation along one axis: each new place is a weighted mean of old ones.

    y_i = sum_j W_ij x_j,   W (new, old), every row of which sums to 1

A picture or a grid of positions goes through one such matrix for its rows and one for its columns:
all ways that follow are products of the two. They differ in where a new place lies among the old
ones, and in how far a weight reaches:

    ends       i (old - 1) / (new - 1): the first lies on the first, the last on the last
    centres    (i + 1/2) old / new - 1/2: each is the middle of a square of a finer or coarser grid

    linear     1 - |t| of the two neighbours at the distance t
    cubic      Keys' polynomial of the four neighbours (Keys 1981, "Cubic convolution interpolation
               for digital image processing", equation 4 with its coefficient a free)

Where fewer places are wanted than there were, the weights of the smooth ways reach so much farther
that every old place still counts (antialias).
"""

import math
from collections.abc import Callable

import numpy as np


def linear_by_ends(old: int, new: int) -> np.ndarray:
    """Linear, ends on ends: (new, old). A single new place lies on the first old one."""
    return between(np.arange(new) * ((old - 1) / max(new - 1, 1)), old)


def linear_by_centres(old: int, new: int) -> np.ndarray:
    """Linear between centres, and level beyond the outermost ones: (new, old)."""
    return between(np.clip(centres(old, new), 0, old - 1), old)


def cubic_by_centres(old: int, new: int, a: float = -0.75) -> np.ndarray:
    """Keys' polynomial between centres: (new, old). The outermost place stands for those beyond."""
    places, w = centres(old, new), np.zeros((new, old))
    first = np.floor(places).astype(int) - 1
    for step in range(4):
        j = first + step
        np.add.at(w, (np.arange(new), np.clip(j, 0, old - 1)), keys(places - j, a))
    return w


def smooth_linear(old: int, new: int) -> np.ndarray:
    """Linear between centres, antialiased: (new, old)."""
    return smooth(old, new, lambda t: np.maximum(1 - np.abs(t), 0), reach=1)


def smooth_cubic(old: int, new: int, a: float = -0.5) -> np.ndarray:
    """Keys' polynomial between centres, antialiased: (new, old)."""
    return smooth(old, new, lambda t: keys(t, a), reach=2)


def smooth(old: int, new: int, weight: Callable, reach: float) -> np.ndarray:
    """Weights of the distance, stretched where the grid becomes coarser; there is none beyond the
    edge, and what is left is scaled to the sum 1.
    """
    stretch = max(old / new, 1.0)
    distance = centres(old, new)[:, None] - np.arange(old)  # (new, old)
    near = np.abs(distance) < reach * stretch
    w = np.where(near, weight(distance / stretch), 0)
    return w / w.sum(axis=1, keepdims=True)


def keys(t: np.ndarray, a: float) -> np.ndarray:
    """Keys' polynomial of the distance t; 0 from 2 on."""
    t = np.abs(t)
    inner = ((a + 2) * t - (a + 3)) * t * t + 1
    outer = a * (((t - 5) * t + 8) * t - 4)
    return np.where(t <= 1, inner, np.where(t < 2, outer, 0))


def centres(old: int, new: int) -> np.ndarray:
    """Where the centres of the new squares lie among the old ones: (new,)."""
    return (np.arange(new) + 0.5) * (old / new) - 0.5


def between(places: np.ndarray, old: int) -> np.ndarray:
    """places (new,) from 0 to old - 1 -> linear weights of their two neighbours (new, old)."""
    w, rows = np.zeros((len(places), old)), np.arange(len(places))
    first = np.minimum(np.floor(places).astype(int), max(old - 2, 0))
    share = places - first
    w[rows, first] = 1 - share
    w[rows, np.minimum(first + 1, old - 1)] += share
    return w


def resized(grid: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """grid (..., h, w, n), rows (H, h), columns (W, w) -> (..., H, W, n), in the grid's dtype."""
    *batch, h, w, n = grid.shape
    rows, columns = rows.astype(grid.dtype, copy=False), columns.astype(grid.dtype, copy=False)
    tall = rows @ grid.reshape(*batch, h, w * n)  # (..., H, w n)
    tall = np.swapaxes(tall.reshape(*batch, len(rows), w, n), -1, -2)  # (..., H, n, w)
    flat = tall.reshape(math.prod(tall.shape[:-1]), w) @ columns.T
    return np.ascontiguousarray(np.swapaxes(flat.reshape(*tall.shape[:-1], -1), -1, -2))
