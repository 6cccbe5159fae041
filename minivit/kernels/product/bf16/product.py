"""The product in bf16 on all threads; compare with ../tiled.py."""

import functools
import math

import numpy as np
from numba import get_num_threads

from ...compiling import shared
from ...matrix import ZERO, moved
from ...simd.amx import amx_begin, amx_end
from ...workspace import APART
from ..endings import NOTHING, Ending
from ..tiled import SERIAL, Parts, Stack, matrix_of, stack_of, start_and_ending
from .instructions import available
from .multiply import How, multiply
from .packing import BLOCK, room


def bf16_into(name, out, a, b, packed=None, *, bias=None, residual=None, column_sums=None,
              mode=NOTHING, z=None, h=None):  # fmt: skip
    """out = a @ b by the instruction of this name, and what follows it (`matmul._matmul_into`).

    packed: b's pairs, if they have been packed before (../weights.py).
    """
    assert name in available(), "the processor would kill this process"
    m, n, k = a.shape[-2], b.shape[-1], a.shape[-1]
    c = out.reshape(-1)
    if not c.size:
        return out
    of_c = c, m * n, n, 1
    start, use_start, ending = start_and_ending(of_c, bias, residual, column_sums, mode, z, h)
    batch = math.prod(out.shape[:-2])
    threads = get_num_threads() if batch * m * n * k > SERIAL else 1
    ready = packed is not None
    parts = parts_of(batch, m, n, threads, ready)
    each = room(parts.tall, n, k) + APART // 4
    workspace = np.empty(threads * each + 64, c.dtype)
    how = name == "amx", int(column_sums is not None), ready, packed if ready else c, n
    _multiply_bf16(c.dtype, threads, how, stack_of(a), stack_of(b), start, use_start, of_c,
                   (batch, m, n, k), tuple(parts), workspace, ending)  # fmt: skip
    return out


@shared(small_op=True)
def _multiply_bf16(t, threads, how, a, b, start, use_start, c, shape, parts, workspace, ending):
    """What thread t does: its part of the rectangles of all matrices in the stack."""
    a, b, start, c, ending = Stack(*a), Stack(*b), Stack(*start), Stack(*c), Ending(*ending)
    how = How(*how)
    if how.by_amx:
        amx_begin()
    (batch, m, n, depth), (parts, across, tall, wide) = shape, parts
    first = -workspace.ctypes.data % 64 // 4 + t * (workspace.size // threads // 64 * 64)
    for u in range(t * batch * parts // threads, (t + 1) * batch * parts // threads):
        item, part = u // parts, u % parts
        i, j = part // across * tall, part % across * wide
        size = min(tall, m - i), min(wide, n - j), depth
        add_up = how.add_up if i == 0 else 0
        of_part = How(how.by_amx, add_up, how.ready, how.packed, how.columns)
        if size[0] > 0 and size[1] > 0:
            of_a, of_b = moved(matrix_of(a, item), i, ZERO), moved(matrix_of(b, item), ZERO, j)
            of_start, of_c = moved(matrix_of(start, item), i, j), moved(matrix_of(c, item), i, j)
            multiply(
                of_part, of_a, of_b, of_start, use_start, of_c, size, workspace, first, ending, j
            )
    if how.by_amx:
        amx_end()


@functools.cache
def parts_of(batch, rows, columns, threads, ready):
    """The Parts of each c (rows, columns) of a stack."""
    count = 1 if batch % threads == 0 else threads
    down, across = grid(rows, columns, count, ready)
    tall = (rows + down * BLOCK - 1) // (down * BLOCK) * BLOCK
    wide = (columns + across * BLOCK - 1) // (across * BLOCK) * BLOCK
    return Parts(count, across, tall, wide)


def grid(rows, columns, parts, ready):
    """parts = down x across rectangles of c, cut so that the largest takes least time.

    A rectangle's rows of a are packed for it, and its columns of b if they are not packed before;
    to pack a block's takes about as long as to multiply one by another.
    """
    best, least = 1, math.inf
    for down in range(1, parts + 1):
        if parts % down == 0:
            tall = (rows + down * BLOCK - 1) // (down * BLOCK)
            wide = (columns + parts // down * BLOCK - 1) // (parts // down * BLOCK)
            time = wide * tall + tall + (0.0 if ready else wide)
            if time < least:
                best, least = down, time
    return best, parts // best
