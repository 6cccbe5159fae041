"""The compiled loops behind the ceilings. Imported only in a process that may have Numba."""

import numpy as np
from numba import get_num_threads, prange

from minivit.kernels.compiling import parallel_jit
from minivit.kernels.matrix import Matrix
from minivit.kernels.simd import ROWS, VECTORS, lanes, tile

TASKS = 8  # per thread


def operands(dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A row of a, a row of b (a tile wide), and a tile of c for every task.

    Small numbers: the sums of a million products stay far from infinity.
    """
    width = VECTORS * lanes(dtype)
    c = np.zeros((TASKS * get_num_threads(), ROWS * width), dtype)
    return np.full(ROWS, 1e-3, dtype), np.full(width, 1e-3, dtype), c


def flops(dtype: str, tasks: int, steps: int) -> int:
    """Multiplications and additions of one call of `multiply_adds`."""
    return 2 * tasks * steps * ROWS * VECTORS * lanes(dtype)


@parallel_jit(small_op=True)
def multiply_adds(a, b, c, steps, stride):
    """c[i] = the sum over steps of a b; with a stride of 0 along k the loop loads nothing new.

    `stride` is an argument: with a literal 0 LLVM would keep a and b in registers, and AVX2 has
    none left.
    """
    width = c.shape[1] // ROWS
    for i in prange(len(c)):
        own = Matrix(c, i * c.shape[1], width, 1)
        tile(
            ROWS, VECTORS, Matrix(a, 0, 1, stride), 0, Matrix(b, 0, stride, 1), own, False, own,
            width, steps,
        )  # fmt: skip


def parts() -> int:
    """Into how many pieces copy and triad cut their arrays."""
    return get_num_threads()


@parallel_jit(small_op=True)
def copy(a, b, c, parts):
    """a = b."""
    for part in prange(parts):
        # Slices, so that indices count from 0: else each number is scattered alone on AVX-512.
        first, last = part * len(a) // parts, (part + 1) * len(a) // parts
        to, source = a[first:last], b[first:last]
        for i in range(last - first):
            to[i] = source[i]


@parallel_jit(small_op=True)
def triad(a, b, c, parts):
    """a = b + 3 c."""
    for part in prange(parts):
        first, last = part * len(a) // parts, (part + 1) * len(a) // parts
        to, summand, factor = a[first:last], b[first:last], c[first:last]
        for i in range(last - first):
            to[i] = summand[i] + np.float32(3) * factor[i]
