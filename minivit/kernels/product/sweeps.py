"""A sweep: some rows of a times a chunk of b, tile by tile.

a is read in place, or as `pack_rows` has packed it; its rows may be scattered, too. b is read as
`pack` has packed it, or in place if c has few rows. The tile is in simd/tiles.py.
"""

from ..compiling import jit
from ..matrix import ONE, Matrix, Scattered, moved
from ..simd import ROWS, VECTORS, noinline, tile
from .packing import PANEL_BYTES, groups

# With 16 patches and a cls token the last 9 rows are one tile of 9, not one of 8 and one of 1
# (where ROWS is 8).
WITH_CLS = ROWS + 1
IN_PLACE = 6 * ROWS  # up to so many rows, packing b costs more than reading it in place


@jit
def sweep(a, a_group, b, b_panel, start, use_start, c, size):
    """c = (start) + a @ b for few rows: whole tiles, then the rows left, by 4 and by 1.

    Row r of a begins at (r // group) a_group + (r % group) a.row, panel p of b at p PANEL b_panel.
    The last panel is narrow if one vector holds it; there the last ROWS + 1 rows are one tile.
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
            # Rows and vectors are literals: each pair of them is a tile compiled for it.
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
    """Whether b is read in place: c has few rows, and b's rows are contiguous and wide enough.

    A tile reads a whole panel, or its first vector alone: b's last panel must hold as much.
    """
    panel = PANEL_BYTES // itemsize
    beyond = columns % panel
    return b_column == 1 and rows <= IN_PLACE and (beyond == 0 or beyond == panel // VECTORS)


@jit(inline="always")
def sweep_in_place(a, b, start, use_start, c, size):
    """c = (start) + a @ b, nothing packed: for operands of which `reads_in_place` is true."""
    group, _ = groups(c.numbers.itemsize)
    sweep(a, group * a.row, b, ONE, start, use_start, c, size)


@jit
def sweep_scattered(a, b, b_panel, start, use_start, c, size):
    """As `sweep`, of rows that lie anywhere: `a` is a Scattered matrix."""
    noinline()
    rows, columns, depth = size
    panel = PANEL_BYTES // c.numbers.itemsize
    for j in range(0, columns, panel):
        width = min(panel, columns - j)
        narrow = width <= panel // VECTORS
        bj = Matrix(b.numbers, b.first + j * b_panel, b.row, ONE)
        r = 0
        while r < rows:
            ar = Scattered(a.numbers, a.first, a.places, a.at + r)
            sr, cr = moved(start, r, j), moved(c, r, j)
            if r + ROWS <= rows and not narrow:
                tile(ROWS, VECTORS, ar, bj, sr, use_start, cr, width, depth)
                r += ROWS
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
