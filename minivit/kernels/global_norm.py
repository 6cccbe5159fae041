"""The length of a gradient, sqrt(sum of squares), the twin of `minivit.ops.global_norm`.

Threaded over chunks. Each is summed in float64, then their sums are added in order: the same bits
for any number of threads.
"""

import math

import numpy as np
from numba import prange

from .compiling import parallel_jit
from .inputs import reals

CHUNK = 16384  # elements


def global_norm(vector):
    """Euclidean length of a flat contiguous vector, summed in float64: vector (n,) -> float."""
    (vector,) = reals(vector=vector)
    return math.sqrt(_sum_of_squares(vector.reshape(-1)))


@parallel_jit
def _sum_of_squares(x):
    partial = np.empty((x.size + CHUNK - 1) // CHUNK)
    for chunk in prange(partial.size):
        part = x[chunk * CHUNK : (chunk + 1) * CHUNK]
        total = 0.0
        for i in range(part.size):
            total += np.float64(part[i]) * np.float64(part[i])
        partial[chunk] = total
    total = 0.0
    for chunk in range(partial.size):
        total += partial[chunk]
    return total
