"""Our own product, threaded. A network needs x w, dy w^T and x^T dy: transposes are only strides.

c is cut into rectangles. Each thread takes its share of them and packs what it needs itself, so
that no thread waits for another. Every number of c is summed over k in the same order however c is
cut: the same bits for any number of threads. A product costs 2 M N K operations.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from ..compiling import call, jit, shared
from ..matrix import ONE, ZERO, Matrix, moved
from ..simd import ROWS
from ..workspace import APART
from .endings import ADD_BIAS, NOTHING, Ending
from .packing import PANEL_BYTES, chunks, room
from .parts import Tile, parts_of
from .rectangle import address_for
from .sweeps import reads_in_place, sweep_in_place

SERIAL = 100_000  # multiply-adds below which waking the threads costs more than it saves


class Stack(NamedTuple):
    """Matrices of one shape: x[u, i, j] is numbers[u apart + i row + j column]."""

    numbers: np.ndarray  # flat
    apart: int
    row: int
    column: int


def tiled_into(out, a, b, *, bias=None, residual=None, column_sums=None,
               mode=NOTHING, z=None, h=None):  # fmt: skip
    """out = a @ b and what follows it (see `matmul._matmul_into`); all checked, of one dtype."""
    m, n, k = a.shape[-2], b.shape[-1], a.shape[-1]
    c = out.reshape(-1)
    if not c.size:
        return out
    of_c = c, m * n, n, 1
    start, use_start, ending = start_and_ending(of_c, bias, residual, column_sums, mode, z, h)
    batch = math.prod(out.shape[:-2])
    threads = get_num_threads() if batch * m * n * k > SERIAL else 1
    of_a, of_b = stack_of(a), stack_of(b)
    rows_apart = Stack(*of_a).column != 1
    parts = parts_of(batch, m, n, threads, tile_of(c.itemsize, rows_apart))
    each = room(parts.tall, n, k, c.itemsize, rows_apart) + APART // c.itemsize
    workspace = np.empty(threads * each + 64, c.dtype)
    how = address_for(c.dtype), False, False, True
    # Plain tuples: see matrix.py.
    multiply_rectangles(c.dtype, threads, how, of_a, of_b, start, use_start, of_c,
                        (batch, m, n, k), tuple(parts), workspace, ending,
                        int(column_sums is not None))  # fmt: skip
    return out


def start_and_ending(of_c, bias, residual, column_sums, mode, z, h):
    """The fields of the Stack at which the sums begin, whether they do, and those of the Ending.

    They begin at the residual, at the bias or at 0; beside a residual the bias is added at the end.
    """
    start, use_start, (c, *strides) = of_c, 0, of_c
    if residual is not None:
        start, use_start = (residual.reshape(-1), *strides), 1
        mode = mode if bias is None else ADD_BIAS
    elif bias is not None:
        start, use_start = (bias, 0, 0, 1), 1
    bias, z, h, sums = [c if x is None else x.reshape(-1) for x in (bias, z, h, column_sums)]
    return start, use_start, (mode, bias, z, h, 0, 0, sums)


def stack_of(x):
    """x (..., R, S) as a Stack's fields; it is copied unless x or its transpose is contiguous."""
    r, s = x.shape[-2:]
    if x.flags.c_contiguous:
        return x.reshape(-1), r * s, s, 1
    if x.ndim == 2:
        if x.flags.f_contiguous:
            return x.T.reshape(-1), r * s, 1, r
    elif x.swapaxes(-1, -2).flags.c_contiguous:
        return x.swapaxes(-1, -2).reshape(-1), r * s, 1, r
    return np.ascontiguousarray(x).reshape(-1), r * s, s, 1


@shared
def multiply_rectangles(t, threads, how, a, b, start, use_start, c, shape, parts, workspace, ending,
                        add_up):  # fmt: skip
    """What thread t does: its part of the rectangles of all matrices in the stack.

    how: the address of the function for a rectangle, by_amx and ready as it is told them
    (rectangle.py), and whether tiles may read small matrices in place: those of float32 may.
    """
    at, by_amx, ready, in_place = how
    a, b, start, c, ending = Stack(*a), Stack(*b), Stack(*start), Stack(*c), Ending(*ending)
    (batch, m, n, depth), (parts, across, tall, wide) = shape, parts
    itemsize = workspace.itemsize
    panel = PANEL_BYTES // itemsize
    chunk = chunks(min(wide, n), depth, itemsize)
    whole = parts == 1 and chunk[0] >= depth and chunk[1] >= n
    plain = ending.mode == NOTHING and not add_up
    if in_place and whole and plain and reads_in_place(b.column, m, n, itemsize):
        # Small matrices: `multiply` would spend as long on decisions as on their sums.
        for u in range(t * batch // threads, (t + 1) * batch // threads):
            sweep_in_place(matrix_of(a, u), matrix_of(b, u), matrix_of(start, u), use_start,
                           matrix_of(c, u), (m, n, depth))  # fmt: skip
        return
    # The thread's own space, aligned so that no vector crosses a cache line.
    w0 = -workspace.ctypes.data % 64 // itemsize + t * (workspace.size // threads // 64 * 64)
    packed = Matrix(workspace, w0, panel, ONE)
    for u in range(t * batch * parts // threads, (t + 1) * batch * parts // threads):
        item, i, j = u, ZERO, ZERO
        if parts > 1:  # else no divisions, which take longer than a tile
            item, part = u // parts, u % parts
            i, j = part // across * tall, part % across * wide
        size = min(tall, m - i), min(wide, n - j), depth
        if size[0] > 0 and size[1] > 0:
            of_a, of_b = moved(matrix_of(a, item), i, ZERO), moved(matrix_of(b, item), ZERO, j)
            of_start, of_c = moved(matrix_of(start, item), i, j), moved(matrix_of(c, item), i, j)
            call(at, (of_a, of_b, ready, of_start, use_start, of_c, size, packed, by_amx, ending, j,
                      add_up if i == 0 else 0))  # fmt: skip


@jit(counts=False)
def matrix_of(stack, u):
    """The u-th matrix of a stack."""
    return Matrix(stack.numbers, u * stack.apart, stack.row, stack.column)


@jit(counts=False)
def all_of(x):
    """A matrix, of which these are the fields of a Stack of one."""
    return matrix_of(Stack(*x), ZERO)


def tile_of(itemsize, rows_apart):
    """To pack a panel of b takes about as long as a tile's sums, and a tile's rows of x^T half."""
    return Tile(ROWS, PANEL_BYTES // itemsize, 1.0, 0.5 if rows_apart else 0.0)


tile_for = jit(tile_of)
