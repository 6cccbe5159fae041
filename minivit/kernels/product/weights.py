"""Weights packed once, for many products.

In inference they stay as they are: while `minivit.chosen.weights_stay` says so, a weight is packed
at its first product and kept (in bf16 with half of its bytes). Otherwise a large one is packed at
each call of a branch by rows, for all rows (by_rows/space.py). Panels lie side by side, chunk of k
after chunk. In bf16 every part of a product finds its panels, however c is cut; in float32 a
rectangle must have all columns.
"""

from numba import get_num_threads

from minivit.chosen import made_of_weights, rounds_products

from ..compiling import shared
from ..matrix import ONE, Matrix, moved
from ..workspace import aligned
from .bf16 import packing as packing_bf16
from .bf16.packing import BLOCK, SIDE, pack_panels, panels_at
from .packing import PANEL_BYTES, chunk, chunks, pack, panel_at, steps, steps_of
from .tiled import all_of, stack_of


def packed_weights(*weights):
    """Of each weight (K, N) what `multiply` reads in its place, flat, from a cache line on; kept
    while weights stay. In bf16 these are pairs."""
    made = made_of_weights()
    if made is None:
        return _packed(weights)
    keys = [(rounds_products(), w.ctypes.data, w.shape, w.strides) for w in weights]
    missing = {key: w for key, w in zip(keys, weights, strict=True) if key not in made}
    for (key, w), packed in zip(missing.items(), _packed(missing.values()), strict=True):
        made[key] = packed, w  # w is kept, so that no other array gets its address
    return [made[key][0] for key in keys]


def _packed(weights):
    """All of them packed, the threads woken once."""
    if not weights:
        return []
    kernel, size = (_pack_pairs, _size_bf16) if rounds_products() else (_pack, _size)
    packed = [aligned(size(*w.shape, w.itemsize), w.dtype) for w in weights]
    of_weights = [(stack_of(w), w.shape, to) for w, to in zip(weights, packed, strict=True)]
    kernel((packed[0].dtype, len(packed)), get_num_threads(), tuple(of_weights))
    return packed


def _size(depth, columns, itemsize):
    panel, (deep, _) = PANEL_BYTES // itemsize, chunk(columns, depth, itemsize)
    return -(-depth // deep) * steps(deep) * -(-columns // panel) * panel


def _size_bf16(depth, columns, _):
    deep, _ = packing_bf16.chunks(columns, depth)
    return -(-depth // deep) * deep // 2 * -(-columns // BLOCK) * BLOCK


@shared(small_op=True)
def _pack(share, shares, weights):
    """Every chunk's panels, for this share of all columns of each weight."""
    for b, shape, packed in weights:
        (depth, columns), b, panel = shape, all_of(b), PANEL_BYTES // packed.itemsize
        deep, _ = chunks(columns, depth, packed.itemsize)
        panels = (columns + panel - 1) // panel
        first, last = share * panels // shares * panel, (share + 1) * panels // shares * panel
        for k in range(0, depth, deep):
            to = Matrix(packed, panel_at(k, columns, first, deep, panel), panel, ONE)
            d = min(deep, depth - k)
            pack(moved(b, k, first), to, min(last, columns) - first, d, steps_of(deep))


@shared(small_op=True)
def _pack_pairs(share, shares, weights):
    """The same in bf16."""
    for b, shape, packed in weights:
        (depth, columns), b = shape, all_of(b)
        deep, _ = packing_bf16.chunks(columns, depth)
        panels = (columns + BLOCK - 1) // BLOCK
        first, last = share * panels // shares * BLOCK, (share + 1) * panels // shares * BLOCK
        for k in range(0, depth, deep):
            d = min(deep, depth - k)
            pairs = (d + BLOCK - 1) // BLOCK * SIDE
            to = Matrix(packed, panels_at(k, columns, first, pairs), BLOCK, ONE)
            pack_panels(moved(b, k, first), to, min(last, columns) - first, d, pairs)
