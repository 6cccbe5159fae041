"""dw = G^T (A dY A^T * B^T d B) G, the bracket summed over tiles: 16 products (tiles transposed).

dw is cut into rectangles of channels x out channels, so small that the sums of a rectangle and the
matrices of TILES tiles stay in the second-level cache together. Each thread does rectangles of its
own, over all tiles: every number is summed in the same order for any number of threads.
"""

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, Matrix
from ..product.packing import PANEL_BYTES
from ..product.sweeps import sweep
from ..product.tiled import _grid
from ..simd import VECTOR_BYTES
from ..workspace import APART
from .tiles import TILES, Tiles, matrix_size, place_of, see, tiles_of
from .transforms import sums_back_into, weights_back_into

TALL, BROAD = 128, 64  # channels and out channels of a rectangle, at most


def weights_gradient_into(out, patches, dy):
    """out (9 channels, N) = patches^T @ dy (M, N), as `transposed_into` does it."""
    m, n = dy.shape
    threads = get_num_threads()
    room = 16 * (matrix_size(TALL, dy.itemsize) + matrix_size(BROAD, dy.itemsize)
                 + TALL * (1 + BROAD)) + APART // dy.itemsize  # fmt: skip
    workspace = np.empty(threads * room + 64, dy.dtype)
    # Plain tuples: see matrix.py.
    _multiply_transposed(dy.dtype, threads, tuple(tiles_of(patches, m)), patches.maps,
                         dy.reshape(-1), n, out.reshape(-1), workspace, room)  # fmt: skip
    return out


@shared(small_op=True)
def _multiply_transposed(t, threads, tiles, maps, dy, n, dw, work, room):
    """What thread t does: rectangle after rectangle of its part of dw."""
    tiles, channels, lanes = Tiles(*tiles), tiles[0][2], VECTOR_BYTES // dw.itemsize
    over, across = _grid(channels, n, threads, PANEL_BYTES // dw.itemsize, False)
    tall = (channels + over * lanes - 1) // (over * lanes) * lanes
    broad = (n + across * lanes - 1) // (across * lanes) * lanes
    i, j = t // across * tall, t % across * broad
    # The thread's own space, aligned so that no vector crosses a cache line.
    here = -work.ctypes.data % 64 // dw.itemsize + t * room
    for k in range(i, min(i + tall, channels), TALL):
        rows = min(TALL, i + tall - k, channels - k)
        for c in range(j, min(j + broad, n), BROAD):
            columns = min(BROAD, j + broad - c, n - c)
            sums = _sum_tiles(tiles, maps, dy, n, (k, c), (rows, columns), work, here)
            for r in range(rows):
                weights_back_into(dw, (k + r) * n + c, channels * n, work, sums + r * columns,
                                  rows * columns, columns)  # fmt: skip


@jit
def _sum_tiles(tiles, maps, dy, n, corner, size, work, here):
    """The 16 products of all tiles for a rectangle of dw; says where in `work` they are."""
    (rows, columns), panel = size, PANEL_BYTES // work.itemsize
    of_seen, of_gradients = matrix_size(rows, dy.itemsize), matrix_size(BROAD, dy.itemsize)
    gradients = here + 16 * of_seen
    sums = gradients + 16 * of_gradients
    copied = sums + 16 * rows * columns
    for first in range(0, tiles.count, TILES):
        count = min(TILES, tiles.count - first)
        for i in range(count):
            see(tiles, first + i, maps, corner[0], rows, work, here + i * rows, copied)
            _spread(tiles, first + i, dy, n, corner[1], columns, work, gradients + i * panel)
        for e in range(16):
            a = Matrix(work, here + e * of_seen, ONE, rows)
            b = Matrix(work, gradients + e * of_gradients, panel, ONE)
            c = Matrix(work, sums + e * rows * columns, columns, ONE)
            going_on = 2 if first > 0 else 0
            sweep(a, True, b, TILES, c, going_on, c, (rows, columns, count))
    return sums


@jit
def _spread(tiles, tile, dy, n, column, columns, work, to):
    """A dY A^T of some out channels of a tile: a row in each panel of 16 matrices."""
    (down, across), panel = tiles.stops, PANEL_BYTES // work.itemsize
    image, i, j = place_of(tiles, tile)
    here = ((image * down + i) * across + j) * n
    sums_back_into(work, to, matrix_size(BROAD, dy.itemsize), (panel, TILES * panel), dy,
                   here + column, across * n, n, (min(2, down - i), min(2, across - j)),
                   columns)  # fmt: skip
