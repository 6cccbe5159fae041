"""The product of patches and a matrix, threaded as in tiled.py: a convolution's three products.

    c = patches @ b            forward; dx, whose patches are those of dy
    c = patches^T @ b          dw

The patches are gathered a sweep at a time (patches.py). All else is as in tiled.py and chunks.py:
c is cut into rectangles, b packed in chunks, each number of c summed over k in the same order for
any number of threads.
"""

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix, moved
from ..simd import ROWS, VECTOR_BYTES
from ..workspace import APART
from .chunks import _add_rows
from .packing import PANEL_BYTES, SWEEP, chunks, groups, pack, room
from .patches import Patches, gather, gather_turned
from .sweeps import sweep
from .tiled import SERIAL, _grid


def patches_into(out, patches, b, *, turned=False, bias=None, column_sums=None):
    """out = patches @ b + bias, or with `turned` patches^T @ b; column_sums = b's sums over k.

    out (M, N), b (K, N), bias (N,) or None; all contiguous, of one dtype, as are the maps.
    """
    (m, n), k = out.shape, len(b)
    if not out.size:
        return out
    threads = get_num_threads() if m * n * k > SERIAL else 1
    each = room(m, n, k, out.itemsize) + APART // out.itemsize
    workspace = np.empty(threads * each + 64, out.dtype)
    c = out.reshape(-1)
    start, use_start = (c, 0) if bias is None else (bias, 1)
    sums, add_up = (c, False) if column_sums is None else (column_sums, True)
    # Plain tuples: see matrix.py.
    _multiply_patches(out.dtype, threads, tuple(patches), turned, b.reshape(-1), start, use_start,
                      c, (m, n, k), workspace, sums, add_up)  # fmt: skip
    return out


@shared(small_op=True)
def _multiply_patches(t, threads, patches, turned, b, start, use_start, c, shape, workspace, sums,
                      add_up):  # fmt: skip
    """What thread t does: its part of the rectangles of c."""
    m, n, depth = shape
    itemsize = workspace.itemsize
    panel = PANEL_BYTES // itemsize
    down, across = _grid(m, n, threads, panel, True)
    tall = (m + down * ROWS - 1) // (down * ROWS) * ROWS
    wide = (n + across * panel - 1) // (across * panel) * panel
    i, j = t // across * tall, t % across * wide
    rows, columns = min(tall, m - i), min(wide, n - j)
    if rows > 0 and columns > 0:
        # The thread's own space, aligned so that no vector crosses a cache line.
        w0 = -workspace.ctypes.data % 64 // itemsize + t * (workspace.size // threads // 64 * 64)
        _multiply_part(Patches(*patches), turned, Matrix(b, j, n, ONE),
                       Matrix(start, j, ZERO, ONE), use_start, Matrix(c, i * n + j, n, ONE),
                       i, j, (rows, columns, depth), chunks(min(wide, n), depth, itemsize),
                       Matrix(workspace, w0, panel, ONE), sums, add_up and i == 0)  # fmt: skip


@jit(inline="always")
def _multiply_part(
    patches, turned, b, start, use_start, c, i, j, size, chunk, packed, sums, add_up
):
    """A rectangle of c, whose first number is (i, j) of the whole; see `chunks.multiply`."""
    rows, columns, depth = size
    deep, wide = chunk
    work = packed.numbers
    group, stride = groups(work.itemsize)
    beside = packed.first + deep * wide + VECTOR_BYTES // work.itemsize * packed.row
    for j0 in range(0, columns, wide):
        across = min(wide, columns - j0)
        for k0 in range(0, max(depth, 1), deep):
            d = min(deep, depth - k0)
            pack(moved(b, k0, j0), packed, across, d)
            if add_up:
                _add_rows(packed, beside - 1, sums, j + j0, across, d, k0 > 0)
            going_on = 2 if k0 > 0 else use_start
            for i0 in range(0, rows, SWEEP):
                lines = min(SWEEP, rows - i0)
                if turned:
                    gather_turned(patches, work, beside, i + i0, k0, lines, d)
                    a, a_group = Matrix(work, beside, ONE, stride), d * stride
                else:
                    gather(patches, work, beside, i + i0, k0, lines, d)
                    a, a_group = Matrix(work, beside, d, ONE), group * d
                sweep(a, a_group, packed, d, moved(start, ZERO, j0), going_on,
                      moved(c, i0, j0), (lines, across, d))  # fmt: skip
