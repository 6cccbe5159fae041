"""How a matrix product is cut to fit the caches, and packed: what a tile will read, in a row.

    panel    PANEL columns of b: a tile is as wide
    sweep    SWEEP rows of a times all panels of a block
    block    DEPTH steps of k x as many panels as fit PACKED numbers

Packing b costs K N numbers read and written; packing a, where its rows lie across memory (x^T),
M K once per block. The sizes stand on a plateau: with half or twice of each the products of a ViT
were as fast, as far as the machine's own wavering could tell.
"""

import functools

import numpy as np

from .compiling import jit
from .simd import ROWS, VECTOR_BYTES, VECTORS, copy_row, noinline, transpose_square

DEPTH = 384
PACKED = 1 << 17  # half of a common second-level cache, in float32
SWEEP = 8 * ROWS
PANEL_BYTES = VECTORS * VECTOR_BYTES


@functools.cache
def room(rows, columns, depth, itemsize):
    """How many numbers of space `multiply` needs.

    For a block of b, and after it for a sweep of a or a row of slopes.
    """
    deep, wide = blocks(columns, depth, itemsize)
    square = (VECTOR_BYTES // itemsize) * (PANEL_BYTES // itemsize)  # packing's last write
    group, stride = groups(itemsize)
    beside = max((min(rows, SWEEP) + group - 1) // group * stride * deep, wide)
    return (deep * wide + square) + (beside + square)


@jit
def blocks(columns, depth, itemsize):
    """How a product is cut into blocks of b: (steps of k, columns)."""
    panel = PANEL_BYTES // itemsize
    count = max(1, (depth + DEPTH - 1) // DEPTH)
    deep = max(1, (depth + count - 1) // count)
    return deep, min(max(1, PACKED // (deep * panel)), (columns + panel - 1) // panel) * panel


@jit
def groups(itemsize):
    """How rows of a are packed: so many at a time, and as many numbers for them at every k.

    Whole vectors, of which the last few numbers may be rows of the next group: nobody reads those.
    """
    lanes = VECTOR_BYTES // itemsize
    stride = lanes if lanes >= ROWS else VECTORS * lanes
    return np.intp(stride // ROWS * ROWS), np.intp(stride)


@jit
def pack(b, at, panels, to, columns, depth):
    """panels[to + (p depth + k) PANEL + j] = b[k, p PANEL + j]; b's rows or columns contiguous."""
    noinline()
    panel = PANEL_BYTES // b.itemsize
    lanes = panel // VECTORS
    offset, b_k, b_column = at
    if b_column == 1:
        for k in range(depth):
            for j in range(0, columns, panel):
                here, there = to + j * depth + k * panel, offset + k * b_k + j
                copy_row(VECTORS, panels, here, b, there, columns - j)
    else:
        factor = b.dtype.type(1)
        for j in range(0, columns, panel):
            for v in range(j, min(j + panel, columns), lanes):
                for k in range(0, depth, lanes):
                    here = to + j * depth + k * panel + v - j
                    transpose_square(panels, here, panel, b, offset + k + v * b_column, b_column,
                              columns - v, depth - k, factor)  # fmt: skip


@jit
def pack_rows(a, at, packed, to, rows, depth):
    """packed[to + (g depth + k) stride + r] = a[g group + r, k]; a's columns contiguous."""
    noinline()
    offset, _, a_k = at
    group, stride = groups(a.itemsize)
    for k in range(depth):
        here, there = to + k * stride, offset + k * a_k
        for r in range(0, rows, group):
            if VECTOR_BYTES // a.itemsize >= ROWS:
                copy_row(1, packed, here, a, there, rows - r)
            else:
                copy_row(VECTORS, packed, here, a, there, rows - r)
            here, there = here + depth * stride, there + group
