"""dw = G^T (A dY A^T * B^T d B) G, the bracket summed over squares: 16 matrix products.

dw is cut into rectangles of channels x out channels, so small that the sums of a rectangle and the
matrices of SQUARES squares stay in the second-level cache together. Where that makes few rectangles
the squares are cut into parts as well, whose sums are added in order. The threads share out
rectangles and parts, which hang on the shapes alone: the same bits for any number of threads.
"""

from numba import get_num_threads

from ..compiling import jit, shared
from ..matrix import ONE, Matrix
from ..product.packing import PANEL_BYTES
from ..product.sweeps import sweep
from ..simd import VECTOR_BYTES, load, store
from ..workspace import APART, aligned
from .squares import SQUARES, Squares, matrix_size, place_of, see, squares_of
from .transforms import sums_into_products, weights_from_products

TALL, BROAD = 128, 64  # channels and out channels of a rectangle, at most
TASKS = 16  # rectangles and parts, where there are squares enough,
LEAST = 8 * SQUARES  # so many for a part: else adding up takes long


def weights_gradient_into(out, patches, dy):
    """out (9 channels, N) = patches^T @ dy (M, N), as `transposed_into` does it."""
    (m, n), channels, threads = dy.shape, patches.size[2], get_num_threads()
    squares = squares_of(patches, m)
    rectangles = -(-channels // TALL) * -(-n // BROAD)
    parts = max(1, min(-(-TASKS // rectangles), squares.count // LEAST))
    sums = aligned(parts * 16 * channels * n, dy.dtype)
    matrices = matrix_size(TALL, dy.itemsize) + matrix_size(BROAD, dy.itemsize)
    room = 16 * (matrices + TALL) + APART // dy.itemsize
    workspace = aligned(threads * room, dy.dtype)
    # Plain tuples: see matrix.py.
    _multiply(dy.dtype, threads, tuple(squares), patches.maps, dy.reshape(-1), n, parts, sums,
              workspace)  # fmt: skip
    _finish(dy.dtype, threads, sums, parts, out.reshape(-1))
    return out


@shared(small_op=True)
def _multiply(t, threads, squares, maps, dy, n, parts, sums, work):
    """What thread t does: its rectangles and parts."""
    squares, channels, here = Squares(*squares), squares[0][2], t * (work.size // threads)
    across = (n + BROAD - 1) // BROAD
    rectangles = (channels + TALL - 1) // TALL * across
    tasks = parts * rectangles
    for task in range(t * tasks // threads, (t + 1) * tasks // threads):
        part, rectangle = task // rectangles, task % rectangles
        k, j = rectangle // across * TALL, rectangle % across * BROAD
        to = Matrix(sums, (part * 16 * channels + k) * n + j, n, ONE)
        first, end = part * squares.count // parts, (part + 1) * squares.count // parts
        _sum_squares(squares, (first, end), maps, dy, n, (k, j), to, work, here)


@jit
def _sum_squares(squares, which, maps, dy, n, corner, sums, work, here):
    """The 16 products of some squares, for a rectangle of `sums`: 16 matrices (channels, n)."""
    (first, end), (k, j), panel = which, corner, PANEL_BYTES // work.itemsize
    channels = squares.size[2]
    rows, columns = min(TALL, channels - k), min(BROAD, n - j)
    of_pixels, of_gradients = matrix_size(rows, work.itemsize), matrix_size(BROAD, work.itemsize)
    gradients = here + 16 * of_pixels
    copied = gradients + 16 * of_gradients
    for block in range(first, end, SQUARES):
        count = min(SQUARES, end - block)
        for i in range(count):
            see(squares, block + i, maps, k, rows, work, here + i * rows, copied)
            _spread(squares, block + i, dy, n, j, columns, work, gradients + i * panel)
        for e in range(16):
            a = Matrix(work, here + e * of_pixels, ONE, rows)
            b = Matrix(work, gradients + e * of_gradients, panel, ONE)
            c = Matrix(sums.numbers, sums.first + e * channels * n, n, ONE)
            going_on = 2 if block > first else 0
            sweep(a, True, b, SQUARES, c, going_on, c, (rows, columns, count))


@jit
def _spread(squares, square, dy, n, column, columns, work, to):
    """A dY A^T of some out channels of a square: a row in each panel of 16 matrices."""
    (down, across), panel = squares.stops, PANEL_BYTES // work.itemsize
    image, i, j = place_of(squares, square)
    here = ((image * down + i) * across + j) * n
    sums_into_products(work, to, matrix_size(BROAD, dy.itemsize), (panel, SQUARES * panel), dy,
                       here + column, across * n, n, (min(2, down - i), min(2, across - j)),
                       columns)  # fmt: skip


@shared(small_op=True)
def _finish(t, threads, sums, parts, dw):
    """What thread t does: G^T m G of its numbers, m being the sum over parts."""
    size, lanes = sums.size // parts // 16, VECTOR_BYTES // dw.itemsize
    vectors = size // lanes
    begin, end = t * vectors // threads * lanes, (t + 1) * vectors // threads * lanes
    for part in range(1, parts):
        for e in range(16):
            for i in range(e * size + begin, e * size + end, lanes):
                store(sums, i, load(sums, i) + load(sums, part * 16 * size + i))
    weights_from_products(dw, begin, size, sums, begin, size, end - begin)
