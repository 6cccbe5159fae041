"""A weight's gradient in bf16, x^T dy, whose operands are packed where they are made.

A branch that is done some rows at a time (../../by_rows/) makes x and dy so, too, and packs these
rows while they lie in its cache. Half as many bytes go to memory and come back, and each number is
packed once, where a product packs it for each thread that reads it. A training step of 64 images of
65 tokens, D = 192, is 1.04 to 1.06 times as fast with an MLP's, and 1.02 to 1.03 times again with
attention's; of 8 images of 197 tokens, D = 192 or 384, 0.99 to 1.03 times, and 1.02 times again
(AMD EPYC, two threads, medians in turns).
"""

from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from minivit.destinations import gradient_like

from ...compiling import by_address, jit, shared
from ...matrix import ONE, ZERO, Matrix, moved, transposed
from ...simd.amx import amx_begin, amx_end
from ...workspace import APART, aligned
from ..parts import parts_of
from .instructions import instruction
from .multiply import sweep
from .packing import BLOCK, SIDE, SWEEP, chunks, pack_panels, pack_rows, sum_columns
from .product import tile_of


class Operands(NamedTuple):
    """x (rows, in) and dy (rows, out), as pairs along their rows."""

    x: np.ndarray  # a column of x, then the next, as `pack_rows` packs x^T
    dy: np.ndarray  # panel after panel, as `pack_panels` does
    pairs: int  # from one column of x to the next, and in a panel


def operands_for(w, rows):
    """Room for what multiplied gives the gradient of w (in, out); zeros behind the last row."""
    # A tile reads some columns of x at once. An odd number of cache lines lies from one to the
    # next, so that they don't compete for the same places of the nearest cache.
    pairs = (-(-rows // BLOCK) | 1) * SIDE
    x, dy = (aligned(-(-n // BLOCK) * BLOCK * pairs, w.dtype) for n in w.shape)
    x.reshape(-1, pairs)[:, rows // 2 :] = 0
    dy.reshape(-1, pairs, BLOCK)[:, rows // 2 :] = 0
    return Operands(x, dy, pairs)


@by_address
def pack_operands(x, dy, size, k, operands, sums, at, add_up):
    """Packs rows of x and dy, of which the first becomes row k of all, an even one.

    size: how many rows, and columns of x and of dy. The rows fill a block at least; fewer are the
    last of all, and k is a multiple of BLOCK then. dy's columns are summed up in sums[at:]; with
    add_up they are added to what is there.
    """
    (rows, of_x, of_dy), (x_pairs, dy_pairs, pairs) = size, operands
    # Blocks are whole. Rows that fill none are packed with those before them, once more: behind
    # them may be what another thread has packed.
    blocks, last = rows // BLOCK * BLOCK, max(0, rows + rows % 2 - BLOCK)
    for first, count in ((ZERO, blocks), (last, rows - last if blocks < rows else ZERO)):
        p = (k + first) // 2
        x_here, dy_here = moved(x, first, ZERO), moved(dy, first, ZERO)
        pack_rows(transposed(x_here), Matrix(x_pairs, p, pairs, ONE), of_x, count)
        pack_panels(dy_here, Matrix(dy_pairs, p * BLOCK, BLOCK, ONE), of_dy, count, pairs)
    sum_columns(dy, sums, at, of_dy, rows, add_up)


def address_of_packing():
    """Where the function lies."""
    numbers, n = np.empty(0, np.float32), 0
    x = Matrix(numbers, n, n, n)
    operands = Operands(numbers, numbers, n)
    return pack_operands.at(numbers.dtype, x, x, (n, n, n), n, tuple(operands), numbers, n, False)


def gradient_of(w, operands, rows):
    """dw (in, out) = x^T dy, of so many rows: the bits that `bf16_into` would give."""
    out, threads = gradient_like(w), get_num_threads()
    parts = parts_of(1, *out.shape, threads, tile_of(ready=True))
    workspace = np.empty(threads * (BLOCK * BLOCK + APART // 4) + 64, out.dtype)
    _multiply_packed(out.dtype, threads, instruction() == "amx", tuple(operands), out.reshape(-1),
                     (*out.shape, rows), tuple(parts), workspace)  # fmt: skip
    return out


@shared(small_op=True)
def _multiply_packed(t, threads, by_amx, operands, c, shape, parts, workspace):
    """What thread t does: its part of c's rectangles."""
    if by_amx:
        amx_begin()
    (m, n, _), (parts, across, tall, wide) = shape, parts
    first = -workspace.ctypes.data % 64 // 4 + t * (workspace.size // threads // 64 * 64)
    sums = Matrix(workspace, first, BLOCK, ONE)
    for part in range(t * parts // threads, (t + 1) * parts // threads):
        i, j = part // across * tall, part % across * wide
        if i < m and j < n:
            rows, columns = (i, min(i + tall, m)), (j, min(j + wide, n))
            _rectangle(by_amx, operands, c, shape, rows, columns, sums)
    if by_amx:
        amx_end()


@jit(inline="always")
def _rectangle(by_amx, operands, c, shape, of_rows, of_columns, sums):
    """Some rows and columns of c, chunk by chunk as in `multiply`."""
    (x, dy, apart), (_, n, depth) = operands, shape
    deep, wide = chunks(of_columns[1] - of_columns[0], depth)
    for k in range(0, depth, deep):
        pairs = (min(deep, depth - k) + BLOCK - 1) // BLOCK * SIDE
        for j in range(of_columns[0], of_columns[1], wide):
            panels = Matrix(dy, (j // BLOCK * apart + k // 2) * BLOCK, BLOCK, ONE)
            for i in range(of_rows[0], of_rows[1], SWEEP):
                a, here = Matrix(x, i * apart + k // 2, apart, ONE), Matrix(c, i * n + j, n, ONE)
                size = min(SWEEP, of_rows[1] - i), min(wide, of_columns[1] - j), pairs
                sweep(by_amx, a, panels, apart, here, 2 if k > 0 else 0, here, sums, size)
