"""y = A^T (G g G^T * B^T d B) A + bias: SQUARES squares at a time, threaded."""

import numpy as np
from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix
from ..product.packing import PANEL_BYTES, pack
from ..product.sliding import Weights
from ..product.sweeps import sweep
from ..workspace import APART, aligned
from .squares import SQUARES, Squares, matrix_size, place_of, see, squares_of
from .transforms import sums_from_products, weights_into_products


def convolved_into(out, patches, weights, *, bias=None):
    """out (M, N) = patches @ weights (9 channels, N) + bias (N,), as `patches_into` does it."""
    (m, n), dtype, channels = out.shape, out.dtype, patches.size[2]
    threads, panel = get_num_threads(), PANEL_BYTES // out.itemsize
    panels = -(-n // panel)
    nine = np.zeros(threads * 9 * channels * panel, dtype)  # a panel may be partly left as it is
    weighed = aligned(16 * channels * panels * panel, dtype)
    # Plain tuples: see matrix.py.
    _weigh(dtype, threads, tuple(weights), (channels, n), nine, weighed)
    matrices = matrix_size(channels, out.itemsize) + matrix_size(n, out.itemsize)
    room = 16 * (matrices + channels) + APART // out.itemsize
    workspace = aligned(threads * room, dtype)
    bias = np.zeros(n, dtype) if bias is None else bias
    _convolve(dtype, threads, tuple(squares_of(patches, m)), patches.maps, weighed, bias,
              out.reshape(-1), workspace)  # fmt: skip
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
            to, columns = Matrix(nine, own + place * size, panel, ONE), min(panel, n - j)
            pack(w, to, columns, channels, channels)
        weights_into_products(weighed, p * size, panels * size, nine, own, size)


@shared(small_op=True)
def _convolve(t, threads, squares, maps, weighed, bias, y, work):
    """What thread t does: its squares, SQUARES at a time."""
    squares, channels, n = Squares(*squares), squares[0][2], bias.size
    pixels = t * (work.size // threads)
    products = pixels + 16 * matrix_size(channels, y.itemsize)
    copied = products + 16 * matrix_size(n, y.itemsize)
    end = (t + 1) * squares.count // threads
    for first in range(t * squares.count // threads, end, SQUARES):
        count = min(SQUARES, end - first)
        for i in range(count):
            see(squares, first + i, maps, 0, channels, work, pixels + i * channels, copied)
        _multiply(work, pixels, weighed, products, (count, n, channels))
        for i in range(count):
            _sum_up(squares, first + i, y, work, products + i * n, bias)


@jit
def _multiply(work, pixels, weighed, products, size):
    """The 16 products (count, channels) @ (channels, n)."""
    _, n, channels = size
    for e in range(16):
        a = Matrix(work, pixels + e * matrix_size(channels, work.itemsize), channels, ONE)
        b = Matrix(weighed, e * (weighed.size // 16), PANEL_BYTES // work.itemsize, ONE)
        c = Matrix(work, products + e * matrix_size(n, work.itemsize), n, ONE)
        sweep(a, True, b, channels, c, ZERO, c, size)


@jit
def _sum_up(squares, square, y, work, products, bias):
    """A^T m A + bias of a square: its stops' numbers in y."""
    (rows, columns), n = squares.stops, bias.size
    image, i, j = place_of(squares, square)
    here = ((image * rows + i) * columns + j) * n
    sums_from_products(y, here, columns * n, work, products, matrix_size(n, y.itemsize), bias,
              (min(2, rows - i), min(2, columns - j)))  # fmt: skip
