"""The patches that a window sees as it slides over feature maps.

    patches[(b, i, j), (r, s, c)] = maps[b, i down + r + top, j across + s + left, c]

and 0 beside the maps. A row is a stop of the window, a column a number that the window holds. As a
matrix it would take rows x columns times the memory of the maps, so it never exists. A product with
the patches on its left reads them in the maps' lines (lines.py, sliding.py); one with the patches
transposed packs what some columns hold (gathered.py).
"""

from typing import NamedTuple

import numpy as np


class Patches(NamedTuple):
    maps: np.ndarray  # flat
    size: tuple[int, int, int]  # height, width and channels of a map
    stops: tuple[int, int]  # of the window in a map: down, across
    side: tuple[int, int]  # of the window: rows, columns
    stride: tuple[int, int]  # from one stop to the next
    first: tuple[int, int]  # top, left: where the window stands first; negative beside the map
