"""Positions for another grid of patches, as a model gets them that goes on with larger images.

    table' = [cls; rows table columns^T]        2-D interpolation; the cls token's row stays

The patches keep their side, so that larger images have more of them (ViT paper, section 3.2). Each
of the big projects interpolates in a way of its own, and a model that is meant to answer as theirs
has to go theirs.
"""

from collections.abc import Callable, Mapping

import numpy as np

from minivit.errors import InputError
from minivit.models.interpolation import (
    cubic_by_centres,
    linear_by_centres,
    linear_by_ends,
    resized,
    smooth_cubic,
)
from minivit.ops.inputs import read

# By name: (old, new) -> the weights of an axis (new, old). Where each is found:
METHODS: Mapping[str, Callable[[int, int], np.ndarray]] = {
    "google": linear_by_ends,  # vision_transformer: scipy.ndimage.zoom, order 1
    "timm": smooth_cubic,  # its resample_abs_pos_embed: bicubic, antialias
    "timm-npz": linear_by_centres,  # its loader of Google's files: bilinear, no antialias
    "huggingface": cubic_by_centres,  # interpolate_pos_encoding: bicubic, no antialias
}
SQUARE = ("google",)  # those whose code takes square grids alone
MOST_PATCHES = 1 << 20  # of a new grid


def resize_positions(
    table: np.ndarray, grid: tuple[int, int], new: tuple[int, int], *, method: str = "google"
) -> np.ndarray:
    """table (T, D) of a grid of patches (rows, columns) -> (T', D) of the `new` grid, same dtype.

    T is rows x columns, or one more where row 0 is the cls token's: that row is kept as it is. The
    weights follow from the sizes alone, so 14x14 becomes 61x61 patches, never 60x60.

    Raises InputError for another number of rows, an unknown method, and a grid that is not square
    where the method takes square ones.
    """
    check_method(method, grid, new)
    table = read("table", table)
    patches = grid[0] * grid[1]
    if table.ndim != 2 or table.dtype.kind != "f" or len(table) not in (patches, patches + 1):
        raise InputError(
            f"a table of shape {table.shape} and dtype {table.dtype} has no positions of a grid of "
            f"{grid[0]}x{grid[1]} patches: expected {patches} rows of floats, or {patches + 1} "
            "with a cls token's"
        )
    if tuple(grid) == tuple(new):
        return table.copy()
    cls, of_patches = np.split(table, [len(table) - patches])
    weights = (METHODS[method](old, to) for old, to in zip(grid, new, strict=True))
    moved = resized(of_patches.reshape(*grid, -1).astype(np.float64), *weights)
    moved = moved.reshape(new[0] * new[1], -1).astype(table.dtype)
    return np.concatenate([cls, moved])


def resize_axis(table: np.ndarray, new: int, *, method: str = "google") -> np.ndarray:
    """The same of the rows, or of the columns, alone: table (old, D/2) -> (new, D/2)."""
    weights = METHODS[method](len(table), new)
    return (weights @ table.astype(np.float64)).astype(table.dtype)


def check_method(method: str, grid: tuple[int, int], new: tuple[int, int]) -> None:
    """InputError for an unknown method, or one that can't go from one grid to the other."""
    if method not in METHODS:
        raise InputError(
            f"the method of resizing positions is {method!r}: choose "
            f"{' or '.join(map(repr, METHODS))}"
        )
    for which in (grid, new):
        if len(which) != 2 or min(which) < 1 or which[0] * which[1] > MOST_PATCHES:
            raise InputError(
                f"a grid of patches is {which}: expected its rows and columns, from 1 on, and at "
                f"most {MOST_PATCHES:,} patches"
            )
        if method in SQUARE and which[0] != which[1] and tuple(grid) != tuple(new):
            others = " or ".join(repr(name) for name in METHODS if name not in SQUARE)
            raise InputError(
                f"the positions are of a grid of {grid[0]}x{grid[1]} patches and go to "
                f"{new[0]}x{new[1]}, and {method!r} takes square grids alone, as Google's code: "
                f"choose {others}"
            )
