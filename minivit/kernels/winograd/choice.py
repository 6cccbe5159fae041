"""Where a convolution is done Winograd's way: the one place that decides."""

import numpy as np

from ..simd import lanes
from .squares import squares_of

LEAST_CHANNELS = 32  # with fewer, the transforms take as long as the products that are saved
LEAST_GAIN = 1.5  # times fewer products; it is 2.25, but less if squares reach past the map
# Squares in all maps: with fewer, the transforms of the weights, or of their gradients, cost more.
FOR_SUMS, FOR_GRADIENTS = 128, 512


def by_winograd(patches, m, n, dtype, least):
    """Whether the product of m such patches and n columns is made in squares of 2 x 2 stops.

    `least` is FOR_SUMS or FOR_GRADIENTS. float64 goes the plain way: proofs are made in it, so it
    stays with the definition.
    """
    fits = (
        dtype == np.float32
        and (patches.side, patches.stride) == ((3, 3), (1, 1))
        and min(patches.size[2], n) >= LEAST_CHANNELS
        and patches.size[2] % lanes(dtype) == n % lanes(dtype) == 0
    )
    if not fits or m == 0:
        return False
    squares = squares_of(patches, m).count
    return squares >= least and 9 * m >= 16 * squares * LEAST_GAIN
