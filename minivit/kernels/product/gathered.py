"""The product of a transposed matrix and patches: c = a^T @ patches, the dw of a convolution.

The patches are gathered as they are packed (patches.py), a chunk of panels at a time. All else is
as in tiled.py and chunks.py: c is cut into rectangles, and each number of it is summed over k in
the same order for any number of threads. It is our own product whatever choice.py says: a BLAS
can't gather.
"""

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix, moved
from ..simd import ROWS, VECTOR_BYTES
from ..workspace import APART
from .packing import PANEL_BYTES, SWEEP, chunks, groups, pack_rows, room
from .patches import Patches, gather_panels
from .sweeps import sweep
from .tiled import SERIAL, _grid


def transposed_into(out, a, patches):
    """out (M, N) = a^T @ patches; a (K, M) and out contiguous, of one dtype."""
    if not out.size:
        return out
    (m, n), k = out.shape, len(a)
    threads = get_num_threads() if m * n * k > SERIAL else 1
    each = room(m, n, k, out.itemsize) + APART // out.itemsize
    workspace = np.empty(threads * each + 64, out.dtype)
    # Plain tuples: see matrix.py.
    _multiply_transposed(out.dtype, threads, a.reshape(-1), tuple(patches), out.reshape(-1),
                         (m, n, k), workspace)  # fmt: skip
    return out


@shared(small_op=True)
def _multiply_transposed(t, threads, a, patches, c, shape, workspace):
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
        _multiply_part(Matrix(a, i, ONE, m), Patches(*patches), Matrix(c, i * n + j, n, ONE), j,
                       size, chunks(min(wide, n), depth, itemsize), packed)  # fmt: skip


@jit(inline="always")
def _multiply_part(a, patches, c, j, size, chunk, packed):
    """A rectangle of c, whose first column is column j of the whole; see `chunks.multiply`.

    The loop over k is the outer one, so that the maps' and dy's rows of a chunk stay in the caches
    for all of j.
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
            gather_panels(patches, work, packed.first, k0, j + j0, d, across)
            for i0 in range(0, rows, SWEEP):
                lines = min(SWEEP, rows - i0)
                pack_rows(moved(a, i0, k0), packed_rows, lines, d)
                to = moved(c, i0, j0)
                sweep(packed_rows, d * stride, packed, d, to, 2 if k0 > 0 else ZERO, to,
                      (lines, across, d))  # fmt: skip
