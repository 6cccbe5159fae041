"""The patches that a window sees as it slides over feature maps, gathered while they are packed.

    patches[(b, i, j), (r, s, c)] = maps[b, i down + r + top, j across + s + left, c]

and 0 beside the maps. A row is a stop of the window, a column a number that the window holds. As a
matrix it would take rows x columns times the memory of the maps, so it never exists: a sweep of it
is gathered into the workspace when it is multiplied, and forgotten.

The numbers in one row of the window lie side by side in the maps: a run of `columns x channels`, of
which only those inside of the map exist. Gathering copies runs, and parts of runs. A copy goes on
to the end of its last vector, into what is written next, and at last past the end.
"""

from typing import NamedTuple

import numpy as np

from ..compiling import jit
from ..simd import VECTOR_BYTES, VECTORS, copy_row, noinline
from .packing import PANEL_BYTES

COPIED = 4  # vectors at a time of a run


class Patches(NamedTuple):
    maps: np.ndarray  # flat
    size: tuple[int, int, int]  # height, width and channels of a map
    stops: tuple[int, int]  # of the window in a map: down, across
    side: tuple[int, int]  # of the window: rows, columns
    stride: tuple[int, int]  # from one stop to the next
    first: tuple[int, int]  # top, left: where the window stands first; negative beside the map


@jit
def gather(patches, to, here, i0, k0, rows, depth):
    """to[here + r depth + k] = patches[i0 + r, k0 + k]."""
    noinline()
    stops_down, stops_across = patches.stops
    run = patches.side[1] * patches.size[2]
    row, k = k0 // run, k0 % run
    j = i0 % stops_across
    i, b = i0 // stops_across % stops_down, i0 // stops_across // stops_down
    for _ in range(rows):
        _gather_part(patches, to, here, b, i, j, row, k, depth)
        here += depth
        j += 1
        if j == stops_across:
            i, j = i + 1, 0
            if i == stops_down:
                b, i = b + 1, 0


@jit
def gather_panels(patches, to, here, i0, k0, depth, columns):
    """As `pack` packs a matrix, panel after panel:

    to[here + p depth + r PANEL + k] = patches[i0 + r, k0 + p PANEL + k]
    """
    noinline()
    stops_down, stops_across = patches.stops
    run, panel = patches.side[1] * patches.size[2], PANEL_BYTES // to.itemsize
    for p in range(k0, k0 + columns, panel):
        row, k, count = p // run, p % run, min(panel, k0 + columns - p)
        first, last = _whole_stops(patches, k, count)
        j = i0 % stops_across
        i, b = i0 // stops_across % stops_down, i0 // stops_across // stops_down
        left_over = depth
        while left_over > 0:  # a row of stops
            end = min(stops_across, j + left_over)
            left_over -= end - j
            while j < end:
                if first <= j and j < last and _is_in_map(patches, i, row):
                    whole = min(end, last) - j
                    _gather_whole(patches, to, here, b, i, j, row, k, whole)
                    j += whole
                    here += whole * panel
                else:
                    _gather_part(patches, to, here, b, i, j, row, k, count)
                    j += 1
                    here += panel
            j, i = 0, i + 1
            if i == stops_down:
                b, i = b + 1, 0


@jit
def _gather_part(patches, to, here, b, i, j, row, k, count):
    """to[here:] = `count` numbers of one patch, from number k of this row of the window on."""
    height, width, channels = patches.size
    columns, run = patches.side[1], patches.side[1] * channels
    x = j * patches.stride[1] + patches.first[1]
    left, right = max(0, -x) * channels, min(columns, width - x) * channels  # inside of the map
    y = i * patches.stride[0] + patches.first[0] + row
    while count > 0:
        length = min(run - k, count)
        begin, end = max(left - k, 0), min(right - k, length)
        if y < 0 or y >= height or end <= begin:
            begin = end = length
        if begin > 0:
            _zeros(to, here, 0, begin)
        there = ((b * height + y) * width + x) * channels + k
        for n in range(begin, end, COPIED * VECTOR_BYTES // to.itemsize):
            copy_row(COPIED, to, here + n, patches.maps, there + n, end - n)
        if end < length:
            _zeros(to, here, end, length)
        here, count = here + length, count - length
        y, k = y + 1, 0


@jit(inline="always")
def _zeros(to, here, begin, end):
    for n in range(begin, end):
        to[here + n] = 0


@jit(inline="always")
def _whole_stops(patches, k, count):
    """The stops [first, last) across where `count` numbers lie side by side inside of the map, if
    their row of the window does; (0, 0) if they do nowhere."""
    _, width, channels = patches.size
    run, across, left = patches.side[1] * channels, patches.stride[1], patches.first[1]
    if k + count > run:
        return 0, 0
    leftmost, rightmost = left + k // channels, left + (k + count - 1) // channels
    first = (max(0, -leftmost) + across - 1) // across
    return first, min(patches.stops[1], (width - 1 - rightmost + across) // across)


@jit(inline="always")
def _is_in_map(patches, i, row):
    """Whether this row of the window lies in the map at a stop i down."""
    y = i * patches.stride[0] + patches.first[0] + row
    return y >= 0 and y < patches.size[0]


@jit(inline="always")
def _gather_whole(patches, to, here, b, i, j, row, k, stops):
    """The same numbers of patches side by side, which lie in the map: a panel's width of each.

    Where fewer are meant, those that follow in memory come along; nobody reads them.
    """
    panel = PANEL_BYTES // to.itemsize
    height, width, channels = patches.size
    y = i * patches.stride[0] + patches.first[0] + row
    x = j * patches.stride[1] + patches.first[1]
    there = ((b * height + y) * width + x) * channels + k
    step = patches.stride[1] * channels
    for _ in range(stops):
        copy_row(VECTORS, to, here, patches.maps, there, patches.maps.size - there)
        here, there = here + panel, there + step
