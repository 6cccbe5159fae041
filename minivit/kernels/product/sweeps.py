"""A sweep: some rows of a times a chunk of b, tile by tile.

a is read where it lies, or as `pack_rows` has packed it; b as `pack` has packed it, or where it
lies if c has few rows. The tile is in simd/tiles.py.
"""

from ..compiling import jit
from ..matrix import ONE, Matrix, moved
from ..simd import ROWS, VECTORS, noinline, tile
from .packing import PANEL_BYTES, groups

WITH_CLS = ROWS + 1  # e.g. 16 patches and a cls token end in one tile, not in a tile and a row
IN_PLACE = 6 * ROWS  # up to so many rows, packing b costs more than reading it where it is


@jit
def sweep(a, a_group, b, b_panel, start, use_start, c, size):
    """c = (start) + a @ b for few rows: whole tiles, then the rows left, by 4 and by 1.

    Row r of a begins at r // group a_group + r % group a.row; panel p of b at p PANEL b_panel.
    The last panel may be narrow, one vector wide; there the last ROWS + 1 rows go as one tile.
    """
    noinline()
    rows, columns, depth = size
    group, _ = groups(c.numbers.itemsize)
    evenly = a_group == group * a.row  # else a tile must not reach from one group into the next
    panel = PANEL_BYTES // c.numbers.itemsize
    for j in range(0, columns, panel):
        width = min(panel, columns - j)
        narrow = width <= panel // VECTORS
        bj = Matrix(b.numbers, b.first + j * b_panel, b.row, ONE)
        r = 0
        while r < rows:
            at = a.first + r // group * a_group + r % group * a.row
            ar = Matrix(a.numbers, at, a.row, a.column)
            sr, cr = moved(start, r, j), moved(c, r, j)
            # Numbers of rows and vectors are literals: they say how the tile is compiled.
            if r + ROWS <= rows and not narrow:
                tile(ROWS, VECTORS, ar, bj, sr, use_start, cr, width, depth)
                r += ROWS
            elif r + WITH_CLS == rows and evenly:
                tile(WITH_CLS, 1, ar, bj, sr, use_start, cr, width, depth)
                r += WITH_CLS
            elif r + ROWS <= rows:
                tile(ROWS, 1, ar, bj, sr, use_start, cr, width, depth)
                r += ROWS
            elif r + 4 <= rows and not narrow:
                tile(4, VECTORS, ar, bj, sr, use_start, cr, width, depth)
                r += 4
            elif not narrow:
                tile(1, VECTORS, ar, bj, sr, use_start, cr, width, depth)
                r += 1
            else:
                tile(1, 1, ar, bj, sr, use_start, cr, width, depth)
                r += 1


@jit
def reads_in_place(b_column, rows, columns, itemsize):
    """Whether b is read where it lies: few rows of c, and b's rows whole vectors side by side.

    A panel is read whole, or its first vector alone: where b lies, there must be as much.
    """
    panel = PANEL_BYTES // itemsize
    beyond = columns % panel
    return b_column == 1 and rows <= IN_PLACE and (beyond == 0 or beyond == panel // VECTORS)


@jit(inline="always")
def sweep_in_place(a, b, start, use_start, c, size):
    """c = (start) + a @ b, nothing packed: for what `reads_in_place`."""
    group, _ = groups(c.numbers.itemsize)
    sweep(a, group * a.row, b, ONE, start, use_start, c, size)
