"""The product of patches and a matrix, threaded as in tiled.py: a convolution's three products.

    c = patches @ b            forward; and dx, whose patches are those of dy
    c = a^T @ patches          dw^T = dy^T patches

The patches are gathered as they are packed (patches.py): for the one a sweep of rows at a time, for
the other a chunk of panels. All else is as in tiled.py and chunks.py: c is cut into rectangles, and
each number of it is summed over k in the same order for any number of threads. It is our own
product whatever choice.py says: a BLAS can't gather.
"""

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix, moved
from ..simd import ROWS, VECTOR_BYTES
from ..workspace import APART
from .packing import PANEL_BYTES, SWEEP, chunks, groups, pack, pack_rows, room
from .patches import Patches, gather, gather_panels
from .sweeps import sweep
from .tiled import SERIAL, _grid


def patches_into(out, patches, b, *, bias=None):
    """out (M, N) = patches @ b (K, N) + bias (N,); all contiguous, of one dtype."""
    start, use_start = (out.reshape(-1), 0) if bias is None else (bias, 1)
    return _into(out, patches, b, False, len(b), start, use_start)


def transposed_into(out, a, patches):
    """out (M, N) = a^T @ patches; a (K, M) and out contiguous, of one dtype."""
    return _into(out, patches, a, True, len(a), out.reshape(-1), 0)


def _into(out, patches, matrix, turned, k, start, use_start):
    if not out.size:
        return out
    m, n = out.shape
    threads = get_num_threads() if m * n * k > SERIAL else 1
    each = room(m, n, k, out.itemsize) + APART // out.itemsize
    workspace = np.empty(threads * each + 64, out.dtype)
    # Plain tuples: see matrix.py.
    _multiply_patches(out.dtype, threads, tuple(patches), matrix.reshape(-1), turned, start,
                      use_start, out.reshape(-1), (m, n, k), workspace)  # fmt: skip
    return out


@shared(small_op=True)
def _multiply_patches(t, threads, patches, matrix, turned, start, use_start, c, shape, workspace):
    """What thread t does: its part of the rectangles of c."""
    m, n, depth = shape
    itemsize = workspace.itemsize
    panel = PANEL_BYTES // itemsize
    down, across = _grid(m, n, threads, panel, True)
    tall = (m + down * ROWS - 1) // (down * ROWS) * ROWS
    wide = (n + across * panel - 1) // (across * panel) * panel
    i, j = t // across * tall, t % across * wide
    size = min(tall, m - i), min(wide, n - j), depth
    if size[0] > 0 and size[1] > 0:
        # The thread's own space, aligned so that no vector crosses a cache line.
        w0 = -workspace.ctypes.data % 64 // itemsize + t * (workspace.size // threads // 64 * 64)
        packed = Matrix(workspace, w0, panel, ONE)
        known = Matrix(matrix, i, ONE, m) if turned else Matrix(matrix, j, n, ONE)
        _multiply_part(Patches(*patches), known, turned, Matrix(start, j, ZERO, ONE), use_start,
                       Matrix(c, i * n + j, n, ONE), i, j, size,
                       chunks(min(wide, n), depth, itemsize), packed)  # fmt: skip


@jit(inline="always")
def _multiply_part(patches, known, turned, start, use_start, c, i, j, size, chunk, packed):
    """A rectangle of c, whose first number is (i, j) of the whole; see `chunks.multiply`.

    `known` is the other matrix, from this rectangle's first row or column on. The loop over k is
    the outer one, so that the maps' and dy's rows of a chunk stay in the caches for all of j.
    """
    rows, columns, depth = size
    deep, wide = chunk
    work = packed.numbers
    group, stride = groups(work.itemsize)
    beside = packed.first + deep * wide + VECTOR_BYTES // work.itemsize * packed.row
    packed_rows = Matrix(work, beside, ONE, stride)
    for k0 in range(0, max(depth, 1), deep):
        d = min(deep, depth - k0)
        for j0 in range(0, columns, wide):
            across = min(wide, columns - j0)
            if turned:
                gather_panels(patches, work, packed.first, k0, j + j0, d, across)
            else:
                pack(moved(known, k0, j0), packed, across, d)
            going_on = 2 if k0 > 0 else use_start
            for i0 in range(0, rows, SWEEP):
                lines = min(SWEEP, rows - i0)
                if turned:
                    pack_rows(moved(known, i0, k0), packed_rows, lines, d)
                    a, a_group = packed_rows, d * stride
                else:
                    gather(patches, work, beside, i + i0, k0, lines, d)
                    a, a_group = Matrix(work, beside, d, ONE), group * d
                sweep(a, a_group, packed, d, moved(start, ZERO, j0), going_on,
                      moved(c, i0, j0), (lines, across, d))  # fmt: skip
