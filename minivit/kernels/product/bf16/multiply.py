"""What one thread does for its rectangle of c in bf16; compare with ../chunks.py.

It packs a chunk of b, then sweeps over the rows of a, which are packed too, and stay for the other
chunks of the same k. After the first chunk of k, what c holds is part of the sums: pairs begin with
it, AMX adds it at the end.
"""

from ...compiling import jit
from ...matrix import ONE, ZERO, Matrix, moved
from ...simd import load, noinline, store
from ...simd.pairs import PAIR_ROWS
from ..endings import NOTHING, finish
from .blocks import block, tiles
from .packing import BLOCK, SIDE, SWEEP, chunks, pack_panels, pack_rows, panels_at, sum_columns


@jit(inline="always")  # inlined: compiled with its only caller, not before it as well
def multiply(by_amx, a, b, ready, start, use_start, c, size, packed, ending, j_bias, add_up):
    """c = (start) + a @ b, and its ending; `packed` is the thread's own room.

    c's first column is column j_bias of the whole product. ready: b.numbers are the pairs of all of
    b, which has b.row columns (../weights.py). add_up: b's columns, too, into the ending's sums; 2:
    added to what is there. Of a b that is ready they can't be: its numbers were rounded.
    """
    rows, columns, depth = size
    deep, wide = chunks(columns, depth)
    if ready:
        wide = columns
    workspace, first = packed.numbers, packed.first
    stay = columns > wide  # the rows of a: more than one chunk reads them
    kept = ((rows if stay else min(rows, SWEEP)) + BLOCK - 1) // BLOCK * BLOCK
    a_first = first + (0 if ready else deep // 2 * wide)
    sums = Matrix(workspace, a_first + kept * (deep // 2), BLOCK, ONE)
    slopes = sums.first + BLOCK * BLOCK
    for k0 in range(0, max(depth, 1), deep):
        d = min(deep, depth - k0)
        pairs = (d + BLOCK - 1) // BLOCK * SIDE
        going_on = 2 if k0 > 0 else use_start
        for j0 in range(0, columns, wide):
            across = min(wide, columns - j0)
            b_packed = Matrix(workspace, first, BLOCK, ONE)
            if ready:
                b_packed = Matrix(b.numbers, panels_at(k0, b.row, j_bias, pairs), BLOCK, ONE)
            else:
                pack_panels(moved(b, k0, j0), b_packed, across, d, pairs)
            if add_up:
                more = k0 > 0 or add_up == 2
                sum_columns(moved(b, k0, j0), ending.sums, j_bias + j0, across, d, more)
            for i0 in range(0, rows, SWEEP):
                down, c_here = min(SWEEP, rows - i0), moved(c, i0, j0)
                a_packed = Matrix(workspace, a_first + (i0 * pairs if stay else 0), pairs, ONE)
                if j0 == 0:
                    pack_rows(moved(a, i0, k0), a_packed, down, d)
                sweep(by_amx, a_packed, b_packed, pairs, moved(start, i0, j0), going_on, c_here,
                      sums, (down, across, pairs))  # fmt: skip
                if ending.mode != NOTHING and k0 + d >= depth:
                    finish(ending, c_here, down, across, j_bias + j0, workspace, slopes)


@jit(inline="always")
def sweep(by_amx, a, b, apart, start, use_start, c, sums, size):
    """Some rows of a times a chunk of b, block by block; b's panels are so many pairs `apart`."""
    rows, columns, pairs = size
    for i in range(0, rows, BLOCK):
        down = min(BLOCK, rows - i)
        for j in range(0, columns, BLOCK):
            panel, across = Matrix(b.numbers, b.first + j * apart, BLOCK, ONE), columns - j
            a_here, c_here, start_here = moved(a, i, ZERO), moved(c, i, j), moved(start, i, j)
            begin, adds = c_here if use_start == 2 else start_here, use_start != 0
            if by_amx:
                block(True, a_here, panel, sums, down, pairs, False)
                _copy(sums, c_here, begin, adds, down, across)
            else:
                _by_pairs(a_here, panel, begin, adds, c_here, sums, (down, across, pairs))


@jit(inline="always")
def _by_pairs(a, panel, begin, adds, c, sums, size):
    """A block of c = (begin) + a times a panel: its tiles, then the rows that fill none.

    Tiles begin and end in c: to copy them from a block took 5 to 9 % of a training step. The other
    rows go by way of a block, which begins with the same numbers. Added at the end they would give
    other bits, and a row's bits must not depend on its place.
    """
    rows, columns, pairs = size
    whole = rows // PAIR_ROWS * PAIR_ROWS
    tiles(a, panel, begin, adds, c, whole, columns, pairs)
    if whole < rows:
        rest, a, c = rows - whole, moved(a, whole, ZERO), moved(c, whole, ZERO)
        begin = moved(begin, whole, ZERO)
        if adds:
            _copy(begin, sums, begin, False, rest, columns)
        block(False, a, panel, sums, rest, pairs, adds)
        _copy(sums, c, sums, False, rest, columns)


@jit
def _copy(x, to, more, adds, rows, columns):
    """to (rows, columns) = x, or x + more: at most BLOCK columns."""
    noinline()
    columns, xs, others, numbers = min(columns, BLOCK), x.numbers, more.numbers, to.numbers
    whole = columns // SIDE * SIDE
    for i in range(rows):
        x_row, y_row, to_row = x.first + i * x.row, more.first + i * more.row, to.first + i * to.row
        for j in range(0, whole, SIDE):
            value = load(xs, x_row + j)
            store(numbers, to_row + j, value + load(others, y_row + j) if adds else value)
        for j in range(whole, columns):
            value = xs[x_row + j]
            numbers[to_row + j] = value + others[y_row + j] if adds else value
