"""The patches that a window sees as it slides over feature maps, gathered while they are packed.

    patches[(b, i, j), (r, s, c)] = maps[b, i down + r + top, j across + s + left, c]

and 0 beside the maps. A row is a stop of the window, a column a number that the window holds. As a
matrix it would take rows x columns times the memory of the maps, so it never exists. A product with
the patches on its left reads them in the maps' lines (lines.py, sliding.py). For one with the
patches on its right (gathered.py) panels of them are gathered, multiplied and forgotten.

The numbers in one row of the window lie side by side in the maps: a run of `columns x channels`, of
which only those inside of the map exist. Gathering copies runs, and pieces of runs: the same piece
for one stop after the other, so that what decides where it lies is worked out once for a row of
stops.
"""

from typing import NamedTuple

import numpy as np

from ..compiling import jit
from ..simd import VECTORS, copy_row, noinline
from .lines import copy, copy_part
from .packing import PANEL_BYTES


class Patches(NamedTuple):
    maps: np.ndarray  # flat
    size: tuple[int, int, int]  # height, width and channels of a map
    stops: tuple[int, int]  # of the window in a map: down, across
    side: tuple[int, int]  # of the window: rows, columns
    stride: tuple[int, int]  # from one stop to the next
    first: tuple[int, int]  # top, left: where the window stands first; negative beside the map


@jit
def gather_panels(patches, to, here, i0, k0, depth, columns):
    """As `pack` packs a matrix, panel after panel:

    to[here + p depth + r PANEL + k] = patches[i0 + r, k0 + p PANEL + k]
    """
    noinline()
    panel = PANEL_BYTES // to.itemsize
    for p in range(0, columns, panel):
        _gather(patches, to, here + p * depth, i0, k0 + p, depth, min(panel, columns - p), panel)


@jit
def _gather(patches, to, here, i0, k0, rows, columns, apart):
    """to[here + r apart + k] = patches[i0 + r, k0 + k], in pieces of the window's rows."""
    run = patches.side[1] * patches.size[2]
    k = k0
    while k < k0 + columns:
        row, first = k // run, k % run
        length = min(run - first, k0 + columns - k)
        _gather_piece(patches, to, here + k - k0, i0, rows, row, first, length, apart)
        k += length


@jit
def _gather_piece(patches, to, here, i0, rows, row, k, length, apart):
    """`length` numbers of each patch, from number k of this row of the window on."""
    noinline()
    height, width, channels = patches.size
    down, across = patches.stops
    step = patches.stride[1] * channels
    first, last = _whole_stops(patches, k, length)
    i, j = i0 // across, i0 % across
    while rows > 0:  # a row of stops
        end = min(across, j + rows)
        rows -= end - j
        y = i % down * patches.stride[0] + patches.first[0] + row
        is_in_map = y >= 0 and y < height
        line = (i // down * height + y) * width * channels
        while j < end:
            x = (j * patches.stride[1] + patches.first[1]) * channels + k  # in the line
            if is_in_map and first <= j and j < last:
                stops = min(end, last) - j
                _copy_whole(patches.maps, line + x, step, to, here, apart, length, stops)
            else:
                stops, until = 1, width * channels if is_in_map else 0
                copy_part(patches.maps, line, x, until, to, here, length)
            j, here = j + stops, here + stops * apart
        i, j = i + 1, 0


@jit(inline="always")
def _whole_stops(patches, k, length):
    """The stops [first, last) across at which all of a piece lies beside the map's first column and
    before its last, in one row of the window from number k on."""
    _, width, channels = patches.size
    across, left = patches.stride[1], patches.first[1]
    leftmost, rightmost = left + k // channels, left + (k + length - 1) // channels
    first = (max(0, -leftmost) + across - 1) // across
    return first, min(patches.stops[1], (width - 1 - rightmost + across) // across)


@jit(inline="always")
def _copy_whole(maps, there, step, to, here, apart, length, stops):
    """to[here + s apart + n] = maps[there + s step + n] for n < length, for each of these stops."""
    panel = PANEL_BYTES // to.itemsize
    if length == panel:
        for _ in range(stops):
            copy_row(VECTORS, to, here, maps, there, panel)
            here, there = here + apart, there + step
        return
    for _ in range(stops):
        copy(maps, there, to, here, length)
        here, there = here + apart, there + step
