"""How a matrix product is cut to fit the caches, and packed in the order in which a tile reads.

    panel    PANEL columns of b: as many as a tile has
    chunk    up to DEPTH steps of k x as many panels as fit into PACKED numbers; or all steps, up
             to WHOLE: the sums then stay in registers until they are complete
    sweep    up to SWEEP rows of a, which are multiplied by all panels of a chunk

Packing b reads and writes K N numbers. Packing a, which only x^T needs, reads and writes M K
numbers. SWEEP and PACKED are not critical: with half or twice of each, the products of a ViT took
the same time, within the noise of the machine. DEPTH is not either, but one chunk beats two: WHOLE
makes products of 768 steps, as ViT-B/16 has them, 2 to 6 % shorter (AMD EPYC, AVX-512, two threads;
`python -m benchmarks products`).

Of a column of x^T a sweep copies few numbers, and the next column lies far from it: where, the
processor does not guess. So the column that comes AHEAD columns later is fetched meanwhile. On the
same machine x^T dy of ViT-S/16 and B/16 is 1 to 4 % shorter (medians in turns); 8 and 16 columns
are alike, and 32 gain nothing. `pack` gains nothing from it. It reads STEPS rows at a time, one
panel of them after the other: of so few rows all pages of memory stay at hand. To pack a weight of
384 x 1536 panel by panel took 1.6 times as long, and as long row by row.
"""

import functools

from ..compiling import jit
from ..matrix import ONE, Matrix
from ..simd import (
    ROWS,
    VECTOR_BYTES,
    VECTORS,
    copy_row,
    noinline,
    prefetch,
    row_groups,
    transpose_square,
)

DEPTH, WHOLE = 384, 800
PACKED = 1 << 17  # half of a common second-level cache, in float32
SWEEP = 8 * ROWS
PANEL_BYTES = VECTORS * VECTOR_BYTES
AHEAD = 8  # columns of x^T that `pack_rows` asks for before it comes to them
# Rows of b that `pack` reads at a time. It is a multiple of all LANES: transposed squares of LANES
# rows end within a panel that has room for a multiple of STEPS (weights.py).
STEPS = 16


@functools.cache
def room(rows, columns, depth, itemsize, rows_apart):
    """How many numbers of workspace `multiply` needs; rows_apart: a's rows are packed, too.

    A chunk of b comes first, then a row of slopes, then a's rows: a sweep of them, or all, where
    every chunk along N reads them again.
    """
    deep, wide = chunk(columns, depth, itemsize)
    square = (VECTOR_BYTES // itemsize) * (PANEL_BYTES // itemsize)  # `pack` may write past the end
    group, stride = row_groups(itemsize)
    kept = (rows if columns > wide else min(rows, SWEEP)) if rows_apart else 0
    return (deep * wide + square) + wide + (kept + group - 1) // group * stride * deep


def chunk(columns, depth, itemsize):
    """How large a chunk of b is: (steps of k, columns)."""
    panel = PANEL_BYTES // itemsize
    count = 1 if depth <= WHOLE else (depth + DEPTH - 1) // DEPTH
    deep = max(1, (depth + count - 1) // count)
    return deep, min(max(1, PACKED // (deep * panel)), (columns + panel - 1) // panel) * panel


def steps(deep):
    """How many steps of k a panel has room for, where all of b is packed before (weights.py)."""
    return (deep + STEPS - 1) // STEPS * STEPS


chunks, groups, steps_of = jit(chunk), jit(row_groups), jit(steps)


@jit
def panel_at(k, columns, j, deep, panel):
    """Where the panel of column j begins in all of b, in the chunk that begins at step k."""
    return steps_of(deep) * (k // deep * ((columns + panel - 1) // panel * panel) + j)


@jit
def pack(b, packed, columns, depth, apart):
    """Panel after panel of b: packed[p apart + k, j] = b[k, p PANEL + j].

    b's rows or its columns are contiguous; packed has PANEL columns, and a panel `apart` of its
    rows, which are `depth` or more. Where it is the columns, what lies after each panel's depth, up
    to a multiple of LANES rows, is written over.
    """
    noinline()
    panel = PANEL_BYTES // b.numbers.itemsize
    lanes = panel // VECTORS
    if b.column == 1:
        for k0 in range(0, depth, STEPS):
            for j in range(0, columns, panel):
                for k in range(k0, min(k0 + STEPS, depth)):
                    here, there = packed.first + j * apart + k * panel, b.first + k * b.row + j
                    copy_row(VECTORS, packed.numbers, here, b.numbers, there, columns - j)
    else:
        factor = b.numbers.dtype.type(1)
        for j in range(0, columns, panel):
            for v in range(j, min(j + panel, columns), lanes):
                for k in range(0, depth, lanes):
                    here = packed.first + j * apart + k * panel + v - j
                    to = Matrix(packed.numbers, here, panel, ONE)
                    source = Matrix(b.numbers, b.first + k + v * b.column, b.column, ONE)
                    transpose_square(to, source, columns - v, depth - k, factor)


@jit
def pack_rows(a, packed, rows, depth):
    """Rows of a, whose columns are contiguous, into a Packed matrix."""
    noinline()
    group, stride = groups(a.numbers.itemsize)
    for k in range(depth):
        here, there = packed.first + k * stride, a.first + k * a.column
        for r in range(0, rows, group):
            prefetch(a.numbers, there + AHEAD * a.column)
            if VECTOR_BYTES // a.numbers.itemsize >= ROWS:
                copy_row(1, packed.numbers, here, a.numbers, there, rows - r)
            else:
                copy_row(VECTORS, packed.numbers, here, a.numbers, there, rows - r)
            here, there = here + packed.apart, there + group
