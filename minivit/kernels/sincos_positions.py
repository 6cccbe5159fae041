"""Fixed positions, the twin of `minivit.ops.sincos_positions`.

The table is as small as one image: the op's own function makes it, and the pass of positions.py
adds it. Backward nothing is computed: the gradients are copied.
"""

from minivit.ops.sincos_positions import sincos_table

from .inputs import like, need_shape, reals
from .positions import positions_forward


def sincos_positions_forward(x, *, kind="sincos", grid):
    """x (B, T, D) -> y (B, T, D), a new array; threaded over images."""
    (x,) = reals(x=x)
    return positions_forward(x, sincos_table(kind, *x.shape[1:], grid))


def sincos_positions_backward(dy, cache):
    """dy (B, T, D) -> dx (B, T, D) = dy."""
    (dy,) = like(cache.table, dy)
    need_shape("dy", dy, cache.shape)
    return dy.copy()
