"""Weights packed once, for many products.

In inference they stay as they are: while `minivit.chosen.weights_stay` says so, a weight is packed
at its first product and kept, with half of its bytes. Otherwise a large one is packed at each call
of a forward by rows, for all rows (by_rows/space.py). Pairs lie chunk of k after chunk, panel after
panel: so every part of the product finds its panels, however c is cut.
"""

import numpy as np
from numba import get_num_threads

from minivit.chosen import made_of_weights

from ...compiling import shared
from ...matrix import ONE, Matrix, moved
from ..tiled import _stack, all_of
from .packing import BLOCK, SIDE, chunks, pack_panels, panels_at


def packed_weight(b):
    """b (K, N) -> its pairs, flat, from a cache line on; kept while weights stay."""
    made, key = made_of_weights(), (b.ctypes.data, b.shape, b.strides)
    if made is None:
        return _packed(b)
    if key not in made:
        made[key] = _packed(b), b  # b is kept, so that no other array gets its address
    return made[key][0]


def _packed(b):
    depth, columns = b.shape
    deep, _ = chunks(columns, depth)
    pairs = (depth + deep - 1) // deep * deep // 2
    numbers = np.empty(pairs * ((columns + BLOCK - 1) // BLOCK * BLOCK) + SIDE, b.dtype)
    numbers = numbers[-numbers.ctypes.data % 64 // b.itemsize :]
    _pack_share(b.dtype, get_num_threads(), _stack(b), b.shape, numbers)
    return numbers


@shared(small_op=True)
def _pack_share(share, shares, b, shape, packed):
    """Every chunk's panels, for this share of all columns."""
    (depth, columns), b = shape, all_of(b)
    deep, _ = chunks(columns, depth)
    panels = (columns + BLOCK - 1) // BLOCK
    first, last = share * panels // shares * BLOCK, (share + 1) * panels // shares * BLOCK
    for k0 in range(0, depth, deep):
        d = min(deep, depth - k0)
        pairs = (d + BLOCK - 1) // BLOCK * SIDE
        to = Matrix(packed, panels_at(k0, columns, first, pairs), BLOCK, ONE)
        pack_panels(moved(b, k0, first), to, min(last, columns) - first, d, pairs)
