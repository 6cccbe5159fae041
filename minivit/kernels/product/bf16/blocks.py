"""Sums of a product in bf16: a block of them by either instruction, or tiles where they belong."""

from ...compiling import jit
from ...matrix import ZERO, moved
from ...simd import noinline
from ...simd.amx import amx_block
from ...simd.pairs import PAIR_ROWS, SIDE, pair_tile
from .packing import BLOCK


@jit
def block(by_amx, a, b, sums, rows, pairs, go_on):
    """sums (rows, BLOCK) = (go_on ? sums : 0) + a (rows, pairs) b (pairs, BLOCK).

    Rows are filled up to whole tiles.
    """
    noinline()
    if by_amx and rows > SIDE:
        amx_block(2, a, b, sums, pairs, go_on)
    elif by_amx:
        amx_block(1, a, b, sums, pairs, go_on)
    else:
        for r in range(0, rows, PAIR_ROWS):
            here = moved(sums, r, ZERO)
            pair_tile(PAIR_ROWS, 2, a, r, b, here, go_on, here, BLOCK, pairs)


@jit
def tiles(a, b, start, use_start, c, rows, columns, pairs):
    """c (rows, columns) = (use_start ? start : 0) + a (rows, pairs) b (pairs, BLOCK).

    rows: of whole tiles. At most BLOCK columns are written.
    """
    noinline()
    for r in range(0, rows, PAIR_ROWS):
        start_here, c_here = moved(start, r, ZERO), moved(c, r, ZERO)
        pair_tile(PAIR_ROWS, 2, a, r, b, start_here, use_start, c_here, columns, pairs)
