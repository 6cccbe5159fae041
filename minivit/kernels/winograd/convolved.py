"""y = A^T (G g G^T * B^T d B) A + bias: TILES tiles after TILES tiles, threaded."""

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix
from ..product.packing import PANEL_BYTES, pack
from ..product.sliding import Weights
from ..product.sweeps import sweep
from ..workspace import APART
from .tiles import TILES, Tiles, matrix_size, place_of, see, tiles_of
from .transforms import sums_into, weights_into


def convolved_into(out, patches, weights, *, bias=None):
    """out (M, N) = patches @ weights (9 channels, N) + bias (N,), as `patches_into` does it."""
    (m, n), dtype, channels = out.shape, out.dtype, patches.size[2]
    threads, panel = get_num_threads(), PANEL_BYTES // out.itemsize
    panels = -(-n // panel)
    nine = np.empty(threads * 9 * channels * panel, dtype)
    weighed = np.empty(16 * channels * panels * panel, dtype)
    # Plain tuples: see matrix.py.
    _weigh(dtype, threads, tuple(weights), (channels, n), nine, weighed)
    matrices = matrix_size(channels, out.itemsize) + matrix_size(n, out.itemsize)
    room = 16 * (matrices + channels) + APART // out.itemsize
    workspace = np.empty(threads * room + 64, dtype)
    bias = np.zeros(n, dtype) if bias is None else bias
    _convolve(dtype, threads, tuple(tiles_of(patches, m)), patches.maps, weighed, bias,
              out.reshape(-1), workspace, room)  # fmt: skip
    return out


@shared(small_op=True)
def _weigh(t, threads, weights, shape, nine, weighed):
    """What thread t does: its panels of G g G^T, in 16 matrices (channels, panels x PANEL).

    A panel's nine matrices are packed first: the transform then goes on number by number.
    """
    weights = Weights(*weights)
    channels, n = shape
    panel = PANEL_BYTES // weighed.itemsize
    panels, size = (n + panel - 1) // panel, channels * panel
    own = t * 9 * size
    for p in range(t * panels // threads, (t + 1) * panels // threads):
        j = p * panel
        for place in range(9):
            first = weights.first + place // 3 * weights.down + place % 3 * weights.right
            w = Matrix(weights.numbers, first + j * weights.column, weights.row, weights.column)
            pack(w, Matrix(nine, own + place * size, panel, ONE), min(panel, n - j), channels)
        weights_into(weighed, p * size, panels * size, nine, own, size)


@shared(small_op=True)
def _convolve(t, threads, tiles, maps, weighed, bias, y, work, room):
    """What thread t does: its tiles, TILES at a time."""
    tiles, channels, n = Tiles(*tiles), tiles[0][2], bias.size
    # The thread's own space, aligned so that no vector crosses a cache line.
    seen = -work.ctypes.data % 64 // y.itemsize + t * room
    products = seen + 16 * matrix_size(channels, y.itemsize)
    copied = products + 16 * matrix_size(n, y.itemsize)
    end = (t + 1) * tiles.count // threads
    for first in range(t * tiles.count // threads, end, TILES):
        count = min(TILES, end - first)
        for i in range(count):
            see(tiles, first + i, maps, 0, channels, work, seen + i * channels, copied)
        _multiply(work, seen, weighed, products, (count, n, channels))
        for i in range(count):
            _sum_up(tiles, first + i, y, work, products + i * n, bias)


@jit
def _multiply(work, seen, weighed, products, size):
    """The 16 products (count, channels) @ (channels, n)."""
    _, n, channels = size
    for e in range(16):
        a = Matrix(work, seen + e * matrix_size(channels, work.itemsize), channels, ONE)
        b = Matrix(weighed, e * (weighed.size // 16), PANEL_BYTES // work.itemsize, ONE)
        c = Matrix(work, products + e * matrix_size(n, work.itemsize), n, ONE)
        sweep(a, True, b, channels, c, ZERO, c, size)


@jit
def _sum_up(tiles, tile, y, work, products, bias):
    """A^T m A + bias of a tile: its stops' numbers in y."""
    (rows, columns), n = tiles.stops, bias.size
    image, i, j = place_of(tiles, tile)
    here = ((image * rows + i) * columns + j) * n
    sums_into(y, here, columns * n, work, products, matrix_size(n, y.itemsize), bias,
              (min(2, rows - i), min(2, columns - j)))  # fmt: skip
