"""Both operands of a product in bf16, as pairs along k, in the order in which a block reads them.

    a    (rows, pairs)      row after row: a pair follows its neighbour along k
    b    (pairs, BLOCK)     panel after panel of BLOCK columns: a pair of a column follows that
                         of the column to the left

Rows are filled up to whole blocks with what is never used, k with zeros. All of it begins on a
cache line: a register of AMX is read three times as fast then.
"""

import functools

from ...compiling import jit
from ...matrix import ONE, Matrix, moved, transposed
from ...simd import load, noinline, store
from ...simd.pairs import SIDE, pair_square

BLOCK = 2 * SIDE  # rows and columns of a block of sums; so wide is a panel
DEEP = 1024  # steps of k packed at once
PACKED = 1 << 18  # pairs of b packed at once, 1 MB: they are read again from a second-level cache
SWEEP = 4 * BLOCK  # rows of a packed at once


@jit(from_python=True)
def chunks(columns, depth):
    """How much of b is packed at once: (steps of k, columns)."""
    count = max(1, (depth + DEEP - 1) // DEEP)
    deep = max(1, (depth + count - 1) // count)
    deep = (deep + BLOCK - 1) // BLOCK * BLOCK
    panels = (columns + BLOCK - 1) // BLOCK
    most = max(1, PACKED // (deep // 2 * BLOCK))
    count = (panels + most - 1) // most  # chunks of one width: each reads all rows of a once more
    return deep, (panels + count - 1) // count * BLOCK


@functools.cache
def room(rows, columns, depth):
    """How many numbers of workspace `multiply` needs: b's pairs, a's, a block of sums, slopes.

    Of a's rows a sweep, or all, where every chunk along N reads them again. For some of the
    columns, too: a rectangle may have fewer, and be packed in one chunk where all of them take two
    of less width.
    """
    deep, wide = chunks(columns, depth)
    kept = rows if columns > wide else min(rows, SWEEP)
    kept = (kept + BLOCK - 1) // BLOCK * BLOCK
    wide = max(chunks(some, depth)[1] for some in range(BLOCK, columns + BLOCK, BLOCK))
    return deep // 2 * (wide + kept) + BLOCK * BLOCK + wide


@jit
def panels_at(k, columns, j, pairs):
    """Where in the pairs of a whole b the panel of column j begins, in the chunk that begins at k.

    `pairs`: how many the chunk has along k.
    """
    return k // 2 * ((columns + BLOCK - 1) // BLOCK * BLOCK) + j * pairs


@jit
def pack_rows(a, packed, rows, depth):
    """a (rows, depth) -> packed (rows, packed.row pairs).

    The inner loop runs along what is contiguous: down the columns of x^T each row would be a cache
    line from another page, and a training step takes 2 % longer.
    """
    if a.column == 1:
        for i in range(0, rows, SIDE):
            for k in range(0, depth, 2 * SIDE):
                to, source = moved(packed, i, k // 2), moved(a, i, k)
                pair_square(False, False, to, source, rows - i, depth - k)
    else:
        for k in range(0, depth, 2 * SIDE):
            for i in range(0, rows, SIDE):
                to, source = moved(packed, i, k // 2), moved(a, i, k)
                pair_square(True, True, to, source, rows - i, depth - k)


@jit
def pack_panels(b, packed, columns, depth, pairs):
    """b (depth, columns) -> panel p, pair k, column j: packed[(p pairs + k) BLOCK + j].

    The inner loop runs along what is contiguous, as in `pack_rows`.
    """
    # Half a panel that no column fills is filled all the same: a block reads whole panels.
    whole = (columns + BLOCK - 1) // BLOCK * BLOCK
    if b.column == 1:
        for k in range(0, depth, 2 * SIDE):
            for j in range(0, whole, SIDE):
                to, source = _half_panel(b, packed, j, k, columns, pairs)
                pair_square(True, False, to, source, columns - j, depth - k)
    else:
        for j in range(0, whole, SIDE):
            for k in range(0, depth, 2 * SIDE):
                to, source = _half_panel(b, packed, j, k, columns, pairs)
                pair_square(False, True, to, source, columns - j, depth - k)


@jit(counts=False)
def _half_panel(b, packed, j, k, columns, pairs):
    """Where the pairs of SIDE columns go, from column j and step k on; those columns, as rows.

    Past the last column: that one, of which nothing is read.
    """
    to = packed.first + (j // BLOCK * pairs + k // 2) * BLOCK + j % BLOCK
    return Matrix(packed.numbers, to, BLOCK, ONE), transposed(moved(b, k, min(j, columns - 1)))


@jit
def sum_columns(b, sums, j0, columns, depth, go_on):
    """sums[j0 + j] = (go_on ? sums[j0 + j] : 0) + sum_k b[k, j], of the numbers before rounding.

    Four of b's rows are added up before they are added to the sums.
    """
    noinline()
    numbers, row = b.numbers, b.row
    if not go_on:
        for j in range(columns):
            sums[j0 + j] = 0
    for k in range(0, depth, 4):
        first, rows, j = b.first + k * row, min(4, depth - k), 0
        while j + SIDE <= columns and rows == 4 and b.column == 1:
            at = first + j
            upper = load(numbers, at) + load(numbers, at + row)
            lower = load(numbers, at + 2 * row) + load(numbers, at + 3 * row)
            store(sums, j0 + j, load(sums, j0 + j) + (upper + lower))
            j += SIDE
        while j < columns:
            for r in range(rows):
                sums[j0 + j] += numbers[first + r * row + j * b.column]
            j += 1
