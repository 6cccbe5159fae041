"""Attention within a window: which keys a query may see, from the grid of patches.

    the patch (r, c) sees the patch (r', c')  if  |r - r'| <= down  and  |c - c'| <= across

A square window reaches equally far both ways; a patch's row is a window that reaches 0 rows, its
column one that reaches 0 columns (axial attention: ViT paper, appendix D.6; Ho et al. 2019). The
cls token sees all, and all see it.
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError


class Window(NamedTuple):
    """Which keys a query may see."""

    grid: tuple[int, int]  # patches along (height, width)
    reach: tuple[int, int]  # (down, across): rows above and below, columns left and right


def seen_keys(window: Window, tokens: int) -> np.ndarray:
    """Whether query i sees key j: bool (T, T), the same for j and i.

    Raises InputError for a reach below 0, and unless the tokens are the grid's patches, or cls and
    those.
    """
    rows, columns = window.grid
    if min(window.reach) < 0:
        raise InputError(f"the window reaches {window.reach}: expected 0 or more, down and across")
    cls = tokens - rows * columns
    if cls not in (0, 1):
        raise InputError(
            f"there are {tokens} tokens for a grid of {rows}x{columns} patches: expected "
            f"{rows * columns}, or {rows * columns + 1} with a cls token"
        )
    places = np.indices(window.grid).reshape(2, -1)  # (2, N): row and column of each patch
    apart = np.abs(places[:, :, None] - places[:, None])  # (2, N, N)
    seen = np.ones((tokens, tokens), bool)
    seen[cls:, cls:] = (apart[0] <= window.reach[0]) & (apart[1] <= window.reach[1])
    return seen
