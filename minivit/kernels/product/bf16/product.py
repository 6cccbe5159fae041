"""The product in bf16 on all threads: as in ../tiled.py, with other rectangles."""

import math

import numpy as np
from numba import get_num_threads

from ...workspace import APART
from ..endings import NOTHING
from ..parts import Tile, parts_of
from ..tiled import SERIAL, multiply_rectangles, stack_of, start_and_ending
from .instructions import available
from .packing import BLOCK, room
from .rectangle import address_for_bf16


def bf16_into(name, out, a, b, packed=None, *, bias=None, residual=None, column_sums=None,
              mode=NOTHING, z=None, h=None):  # fmt: skip
    """out = a @ b by the instruction of this name, and what follows it (`matmul._matmul_into`).

    packed: b's pairs, if they have been packed before (../weights.py); without column_sums.
    """
    assert name in available(), "the processor would kill this process"
    assert packed is None or column_sums is None, "b's numbers are rounded"
    m, n, k = a.shape[-2], b.shape[-1], a.shape[-1]
    c = out.reshape(-1)
    if not c.size:
        return out
    of_c = c, m * n, n, 1
    start, use_start, ending = start_and_ending(of_c, bias, residual, column_sums, mode, z, h)
    batch = math.prod(out.shape[:-2])
    threads = get_num_threads() if batch * m * n * k > SERIAL else 1
    ready = packed is not None
    parts = parts_of(batch, m, n, threads, tile_of(ready))
    each = room(parts.tall, n, k) + APART // 4
    workspace = np.empty(threads * each + 64, c.dtype)
    how = address_for_bf16(), name == "amx", ready, False
    of_b = (packed, 0, n, 1) if ready else stack_of(b)
    multiply_rectangles(c.dtype, threads, how, stack_of(a), of_b, start, use_start, of_c,
                        (batch, m, n, k), tuple(parts), workspace, ending,
                        int(column_sums is not None))  # fmt: skip
    return out


def tile_of(ready):
    """To pack a block's rows, or its columns, takes about as long as to multiply one by another.

    ready: b has been packed before.
    """
    return Tile(BLOCK, BLOCK, 0.0 if ready else 1.0, 1.0)
