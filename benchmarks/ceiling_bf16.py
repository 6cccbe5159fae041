"""The loops behind the ceiling of bf16. Imported only in a process that may have Numba.

Random numbers: on ones and zeros few bits change, and AMX is twice as fast there as on data, since
what it may take of power sets its clock.
"""

import numpy as np
from numba import get_num_threads, prange

from minivit.kernels.compiling import parallel_jit
from minivit.kernels.matrix import Matrix
from minivit.kernels.product.bf16.blocks import block
from minivit.kernels.product.bf16.packing import BLOCK
from minivit.kernels.simd.amx import amx_begin, amx_end
from minivit.ops.product import rounded

TASKS = 8  # per thread
PAIRS = 128  # of k: a block of a and one of b are 16 KB each, and stay in a first-level cache
LINE = 16  # numbers of a cache line: a register of AMX is read three times as fast from its start


def operands() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of a, pairs of b, and a block of sums for every task, which all begin on a line."""
    sums = on_a_line(TASKS * get_num_threads() * BLOCK * BLOCK)
    return random_pairs(), random_pairs(), sums.reshape(-1, BLOCK * BLOCK)


def random_pairs() -> np.ndarray:
    """BLOCK x PAIRS of them (simd/pairs.py)."""
    drawn = rounded(np.random.default_rng(0).standard_normal(2 * BLOCK * PAIRS, np.float32))
    pairs = on_a_line(BLOCK * PAIRS)
    pairs[:] = (drawn.view(np.uint32) >> 16).astype(np.uint16).view(np.float32)
    return pairs


def on_a_line(size: int) -> np.ndarray:
    """Zeros that begin on a cache line."""
    found = np.zeros(size + LINE, np.float32)
    first = -found.ctypes.data % (4 * LINE) // 4
    return found[first : first + size]


def repeats(name: str, steps: int) -> int:
    """How often a task takes its block, for a call to last some milliseconds."""
    return max(1, steps // PAIRS // (1 if name == "amx" else 8))


def flops(tasks: int, repeats: int) -> int:
    """Multiplications and additions of one call of `products`."""
    return 2 * tasks * repeats * BLOCK * BLOCK * 2 * PAIRS


@parallel_jit(small_op=True)
def products(by_amx, a, b, sums, repeats):
    """Each task multiplies one block of a by one of b, again and again.

    Before, the process must have asked for AMX's registers: `instruction()`.
    """
    pairs = a.size // BLOCK
    for i in prange(len(sums)):
        if by_amx:
            amx_begin()
        own = Matrix(sums.reshape(-1), i * sums.shape[1], BLOCK, 1)
        for _ in range(repeats):
            rows, panel = Matrix(a, 0, pairs, 1), Matrix(b, 0, BLOCK, 1)
            block(by_amx, rows, panel, own, BLOCK, pairs, False)
        if by_amx:
            amx_end()
