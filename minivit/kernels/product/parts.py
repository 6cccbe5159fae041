"""How c is cut into rectangles, of which each thread takes its share."""

import functools
import math
from typing import NamedTuple

from ..compiling import jit


class Tile(NamedTuple):
    """What a rectangle consists of; and how long packing takes, where the sums of a tile take 1."""

    rows: int
    columns: int
    of_b: float  # to pack a tile's columns of b, once for a rectangle
    of_a: float  # to pack a tile's rows of a


class Parts(NamedTuple):
    """Into how many rectangles c is cut, how many lie side by side, and how large they are."""

    count: int
    across: int
    tall: int
    wide: int


@functools.cache
def parts_of(batch, rows, columns, threads, tile):
    """The Parts of each c (rows, columns) of a stack; of many, each is one thread's."""
    count = 1 if batch >= 8 * threads or batch % threads == 0 else threads
    down, across = grid(rows, columns, count, tile)
    tall = (rows + down * tile.rows - 1) // (down * tile.rows) * tile.rows
    wide = (columns + across * tile.columns - 1) // (across * tile.columns) * tile.columns
    return Parts(count, across, tall, wide)


def grid(rows, columns, parts, tile):
    """parts = down x across rectangles of c, cut so that the largest takes least time."""
    best, least = 1, math.inf
    for down in range(1, parts + 1):
        if parts % down == 0:
            across = parts // down
            tall = (rows + down * tile.rows - 1) // (down * tile.rows)
            wide = (columns + across * tile.columns - 1) // (across * tile.columns)
            time = wide * tall + wide * tile.of_b + tall * tile.of_a
            if time < least:
                best, least = down, time
    return best, parts // best


grid_of = jit(grid)
