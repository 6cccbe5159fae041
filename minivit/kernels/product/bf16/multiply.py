"""What one thread does for its rectangle of c in bf16; compare with ../chunks.py.

It packs a chunk of b, then sweeps over the rows of a, which are packed too. A block's sums are
complete for a chunk of k when they are added to c.
"""

from typing import NamedTuple

import numpy as np

from ...compiling import jit
from ...matrix import ONE, ZERO, Matrix, moved
from ...simd import load, noinline, store
from ...simd.pairs import PAIR_ROWS
from ..endings import NOTHING, finish
from .blocks import block, tiles
from .packing import BLOCK, SIDE, SWEEP, chunks, pack_panels, pack_rows, panels_at, sum_columns


class How(NamedTuple):
    """How a rectangle is multiplied."""

    by_amx: bool
    add_up: int  # b's columns, too, into the ending's sums; 2: added to what is there
    ready: bool  # b has been packed before (../weights.py)
    packed: np.ndarray  # its pairs; any array if it has not
    columns: int  # of all of b


@jit
def multiply(how, a, b, start, use_start, c, size, workspace, first, ending, j_bias):
    """c = (start) + a @ b, and its ending; the thread's own space is workspace[first:].

    c's first column is column j_bias of the whole product.
    """
    rows, columns, depth = size
    deep, wide = chunks(columns, depth)
    if how.ready:
        wide = columns
    a_first = first + (0 if how.ready else deep // 2 * wide)
    down_most = min(SWEEP, (rows + BLOCK - 1) // BLOCK * BLOCK)
    sums = Matrix(workspace, a_first + down_most * (deep // 2), BLOCK, ONE)
    slopes = sums.first + BLOCK * BLOCK
    for j0 in range(0, columns, wide):
        across = min(wide, columns - j0)
        for k0 in range(0, max(depth, 1), deep):
            d = min(deep, depth - k0)
            pairs = (d + BLOCK - 1) // BLOCK * SIDE
            going_on = 2 if k0 > 0 else use_start
            b_packed = Matrix(workspace, first, BLOCK, ONE)
            if how.ready:
                b_packed = Matrix(how.packed, panels_at(k0, how.columns, j_bias, pairs), BLOCK, ONE)
            else:
                pack_panels(moved(b, k0, j0), b_packed, across, d, pairs)
            if how.add_up:
                more = k0 > 0 or how.add_up == 2
                sum_columns(moved(b, k0, j0), ending.sums, j_bias + j0, across, d, more)
            for i0 in range(0, rows, SWEEP):
                down = min(SWEEP, rows - i0)
                a_packed = Matrix(workspace, a_first, pairs, ONE)
                pack_rows(moved(a, i0, k0), a_packed, down, d)
                c_here = moved(c, i0, j0)
                _sweep(how.by_amx, a_packed, b_packed, moved(start, i0, j0), going_on, c_here, sums,
                       (down, across, pairs))  # fmt: skip
                if ending.mode != NOTHING and k0 + d >= depth:
                    finish(ending, c_here, down, across, j_bias + j0, workspace, slopes)


@jit(inline="always")
def _sweep(by_amx, a, b, start, use_start, c, sums, size):
    """Some rows of a times a chunk of b, block by block.

    The sums of whole tiles begin and end in c. AMX's, and those of rows that fill no tile, are put
    there afterwards, which would take 5 to 9 % of a training step for all of them.
    """
    rows, columns, pairs = size
    for i in range(0, rows, BLOCK):
        down = min(BLOCK, rows - i)
        for j in range(0, columns, BLOCK):
            panel = Matrix(b.numbers, b.first + j * pairs, BLOCK, ONE)
            across = min(BLOCK, columns - j)
            whole = 0 if by_amx else down // PAIR_ROWS * PAIR_ROWS
            tiles(moved(a, i, ZERO), panel, moved(start, i, j), use_start, moved(c, i, j), whole,
                  across, pairs)  # fmt: skip
            if whole < down:
                k, rest = i + whole, down - whole
                block(by_amx, moved(a, k, ZERO), panel, sums, rest, pairs, False)
                _put(sums, moved(start, k, j), use_start, moved(c, k, j), rest, across)


@jit
def _put(sums, start, use_start, c, rows, columns):
    """c (rows, columns) = the sums, and start or c itself if they begin there."""
    noinline()
    begin = c if use_start == 2 else start
    to, numbers, first = c.numbers, sums.numbers, begin.numbers
    whole = columns // SIDE * SIDE
    for i in range(rows):
        c_row, sums_row = c.first + i * c.row, sums.first + i * sums.row
        first_row = begin.first + i * begin.row
        for j in range(0, whole, SIDE):
            x = load(numbers, sums_row + j)
            store(to, c_row + j, x + load(first, first_row + j) if use_start else x)
        for j in range(whole, columns):
            x = numbers[sums_row + j]
            to[c_row + j] = x + first[first_row + j] if use_start else x
