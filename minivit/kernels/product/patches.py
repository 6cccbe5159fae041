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
from ..simd import ROWS, VECTOR_BYTES, VECTORS, copy_row, noinline
from .packing import groups


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
    j = i0 % stops_across
    i, b = i0 // stops_across % stops_down, i0 // stops_across // stops_down
    for _ in range(rows):
        _gather_part(patches, to, here, b, i, j, k0, depth)
        here += depth
        j += 1
        if j == stops_across:
            i, j = i + 1, 0
            if i == stops_down:
                b, i = b + 1, 0


@jit
def gather_turned(patches, to, here, i0, k0, rows, depth):
    """As `pack_rows` packs the transposed matrix, group after group of its rows:

    to[here + (g depth + k) stride + r] = patches[k0 + k, i0 + g group + r]
    """
    noinline()
    group, stride = groups(to.itemsize)
    stops_down, stops_across = patches.stops
    for g in range(0, rows, group):
        number, count = i0 + g, min(group, rows - g)
        first, last = _whole_stops(patches, number, count)
        j = k0 % stops_across
        i, b = k0 // stops_across % stops_down, k0 // stops_across // stops_down
        k = 0
        while k < depth:  # a row of stops
            end = min(stops_across, j + depth - k)
            k += end - j
            while j < end:
                if j == first and _is_in_map(patches, i, number):
                    whole = min(end, last) - j
                    _gather_whole(patches, to, here, b, i, j, number, count, whole)
                    j += whole
                    here += whole * stride
                else:
                    _gather_part(patches, to, here, b, i, j, number, count)
                    j += 1
                    here += stride
            j, i = 0, i + 1
            if i == stops_down:
                b, i = b + 1, 0


@jit
def _gather_part(patches, to, here, b, i, j, number, count):
    """to[here:] = `count` numbers of one patch, from this number on."""
    height, width, channels = patches.size
    columns, run = patches.side[1], patches.side[1] * channels
    x = j * patches.stride[1] + patches.first[1]
    left, right = max(0, -x) * channels, min(columns, width - x) * channels  # inside of the map
    y, k = i * patches.stride[0] + patches.first[0] + number // run, number % run
    while count > 0:
        length = min(run - k, count)
        begin, end = max(left - k, 0), min(right - k, length)
        if y < 0 or y >= height or end <= begin:
            _zeros(to, here, 0, length)
        else:
            there = ((b * height + y) * width + x) * channels + k
            _zeros(to, here, 0, begin)
            for n in range(begin, end, VECTORS * VECTOR_BYTES // to.itemsize):
                copy_row(VECTORS, to, here + n, patches.maps, there + n, end - n)
            _zeros(to, here, end, length)
        here, count = here + length, count - length
        y, k = y + 1, 0


@jit(inline="always")
def _zeros(to, here, begin, end):
    for n in range(begin, end):
        to[here + n] = 0


@jit(inline="always")
def _whole_stops(patches, number, count):
    """The stops [first, last) across where these numbers lie side by side in the map, all inside;
    first = -1 if they do nowhere."""
    _, width, channels = patches.size
    run, across, left = patches.side[1] * channels, patches.stride[1], patches.first[1]
    k = number % run
    if k + count > run:
        return -1, -1
    leftmost, rightmost = left + k // channels, left + (k + count - 1) // channels
    first = (max(0, -leftmost) + across - 1) // across
    last = min(patches.stops[1], (width - 1 - rightmost + across) // across)
    return (first, last) if first < last else (-1, -1)


@jit(inline="always")
def _is_in_map(patches, i, number):
    """Whether this number's row of the window lies in the map at a stop i down."""
    run = patches.side[1] * patches.size[2]
    y = i * patches.stride[0] + patches.first[0] + number // run
    return y >= 0 and y < patches.size[0]


@jit(inline="always")
def _gather_whole(patches, to, here, b, i, j, number, count, stops):
    """The same numbers of some patches side by side, which lie in the map: a vector of each."""
    _, stride = groups(to.itemsize)
    height, width, channels = patches.size
    run = patches.side[1] * channels
    y = i * patches.stride[0] + patches.first[0] + number // run
    x = j * patches.stride[1] + patches.first[1]
    there = ((b * height + y) * width + x) * channels + number % run
    step = patches.stride[1] * channels
    for _ in range(stops):
        if VECTOR_BYTES // to.itemsize >= ROWS:
            copy_row(1, to, here, patches.maps, there, count)
        else:
            copy_row(VECTORS, to, here, patches.maps, there, count)
        here, there = here + stride, there + step
