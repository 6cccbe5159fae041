"""Where a convolution is done Winograd's way: the one place that decides."""

import numpy as np

from ..simd import lanes
from .tiles import tiles_of

LEAST_CHANNELS = 32  # with fewer, the transforms take as long as the products that are saved
LEAST_TILES = 64  # with fewer, the transforms of the weights do


def by_winograd(patches, m, n, dtype):
    """Whether the product of m such patches and n columns is made in tiles of 2 x 2 stops.

    float64 goes the plain way: proofs are made in it, so it stays with the definition.
    """
    fits = (
        dtype == np.float32
        and (patches.side, patches.stride) == ((3, 3), (1, 1))
        and min(patches.size[2], n) >= LEAST_CHANNELS
        and patches.size[2] % lanes(dtype) == n % lanes(dtype) == 0
    )
    if not fits or m == 0:
        return False
    tiles = tiles_of(patches, m).count
    # Where sides are odd and short, many tiles reach past the map.
    return tiles >= LEAST_TILES and 16 * tiles * 1.5 < 9 * m
