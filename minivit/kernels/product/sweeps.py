"""A sweep: some rows of a times a chunk of b, tile by tile.

a is read in place, or as `pack_rows` has packed it; its rows may be scattered, too. b is read as
`pack` has packed it, or in place if c has few rows. The tile is in simd/tiles.py.
"""

from ..compiling import jit
from ..matrix import ONE, Matrix, moved
from ..simd import ROWS, VECTORS, noinline, tile
from .packing import PANEL_BYTES

# With 16 patches and a cls token the last 9 rows are one tile of 9, not one of 8 and one of 1
# (where ROWS is 8).
WITH_CLS = ROWS + 1
IN_PLACE = 6 * ROWS  # up to so many rows, packing b costs more than reading it in place


@jit
def sweep(a, evenly, b, b_panel, start, use_start, c, size):
    """c = (start) + a @ b for few rows: whole tiles, then the rows left, by 4 and by 1.

    a is a Matrix, or Scattered or Packed; panel p of b begins at p PANEL b_panel. The last panel is
    narrow if one vector holds it; there, if the rows lie `evenly` (not in groups, out of which a
    tile must not reach), the last ROWS + 1 are one tile.
    """
    noinline()
    rows, columns, depth = size
    panel = PANEL_BYTES // c.numbers.itemsize
    for j in range(0, columns, panel):
        width = min(panel, columns - j)
        narrow = width <= panel // VECTORS
        bj = Matrix(b.numbers, b.first + j * b_panel, b.row, ONE)
        r = 0
        while r < rows:
            sr, cr = moved(start, r, j), moved(c, r, j)
            # Rows and vectors are literals: each pair of them is a tile compiled for it.
            if r + ROWS <= rows and not narrow:
                tile(ROWS, VECTORS, a, r, bj, sr, use_start, cr, width, depth)
                r += ROWS
            elif r + WITH_CLS == rows and evenly:
                tile(WITH_CLS, 1, a, r, bj, sr, use_start, cr, width, depth)
                r += WITH_CLS
            elif r + ROWS <= rows:
                tile(ROWS, 1, a, r, bj, sr, use_start, cr, width, depth)
                r += ROWS
            elif r + 4 <= rows and not narrow:
                tile(4, VECTORS, a, r, bj, sr, use_start, cr, width, depth)
                r += 4
            elif not narrow:
                tile(1, VECTORS, a, r, bj, sr, use_start, cr, width, depth)
                r += 1
            else:
                tile(1, 1, a, r, bj, sr, use_start, cr, width, depth)
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
    sweep(a, True, b, ONE, start, use_start, c, size)
