"""The length of a gradient, sqrt(sum of squares), the twin of `minivit.ops.global_norm`.

Threaded over chunks. Each is summed in float64, then their sums are added in order: the same bits
for any number of threads.
"""

import math

import numpy as np
from numba import get_num_threads

from .compiling import jit, shared
from .inputs import like, reals

CHUNK = 16384  # elements


def global_norm(vector):
    """Euclidean length of a flat contiguous vector, summed in float64: vector (n,) -> float."""
    (vector,) = reals(vector=vector)
    x = like(vector, vector)[0].reshape(-1)
    sums = np.empty((x.size + CHUNK - 1) // CHUNK)
    _sums_of_squares(x.dtype, min(get_num_threads(), sums.size), sums, x)
    return math.sqrt(_sum(sums))


@shared
def _sums_of_squares(share, shares, sums, x):
    """sums[i] = the sum of the squares of chunk i, for an equal run of chunks."""
    for chunk in range(share * sums.size // shares, (share + 1) * sums.size // shares):
        part = x[chunk * CHUNK : (chunk + 1) * CHUNK]
        total = 0.0
        for i in range(part.size):
            total += np.float64(part[i]) * np.float64(part[i])
        sums[chunk] = total


@jit(from_python=True)
def _sum(numbers):
    total = 0.0
    for i in range(numbers.size):
        total += numbers[i]
    return total
