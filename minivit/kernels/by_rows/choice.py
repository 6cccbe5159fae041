"""Where a branch is done some rows at a time: the one place that decides.

Measured on two cores of an Intel Emerald Rapids with AVX-512 (2 MB of cache a core), two threads,
float32: how many times as long an MLP branch takes by one kernel after the other, forward and
backward. (Medians of calls in turns; the machine was not quiet, so of several runs.)

    rows 1088, D =  64, M =  256     1.4 to 1.6, 1.4 to 1.5
    rows 6400, D =  64, M =  256     1.3 to 1.4, 1.4 to 1.5
    rows 4160, D =  96, M =  384     1.25, 1.3
    rows 4160, D = 192, M =  768     1.1, 1.1
    rows 1576, D = 384, M = 1536     1.0, 0.95

An attention branch:

    T =  17, D =  64,  4 heads, 64 images    1.3, 1.35
    T =  50, D =  64,  4 heads, 128          1.25, 1.25
    T =  65, D =  96,  3 heads, 64           1.1, 1.15
    T =  65, D = 192,  3 heads, 64           1.05 to 1.1, 1.05 to 1.1
    T = 197, D = 192,  3 heads, 8            1.1, 1.05 to 1.1
    T = 197, D = 384,  6 heads, 8            1.05, 1.0

In bf16 the arithmetic is quick, so it weighs more that operands are packed anew for every few
rows. A forward packs large weights once, a backward does not: the MLP branches above take 1.2 and
1.4, 1.2 and 1.5, 1.05 and 1.3 times as long, then 1.05 and 0.9 to 1.1 (rows 4160), 1.0 and 0.9 at
D = 384, 0.8 and 0.3 at D = 768; the attention branches 1.15 and 1.4, 1.15 and 1.4, 1.15 and 1.3,
1.1 and 0.95, 1.1 and 1.05, 1.05 and 1.0. In inference, whose weights stay packed, MLP branches take
1.4, 1.5, 1.5, 1.2 and 1.1 times as long, attention branches 1.45, 1.4, 1.45, 1.35, 1.25 and 1.2.
"""

import numpy as np

from minivit.chosen import rounds_products
from minivit.ops.attention import PLAIN

from ..attention_lanes.choice import in_lanes
from ..product.bf16.instructions import instruction_for
from ..product.choice import chosen
from ..simd import lanes
from .cut import AT_ONCE_BACKWARD

# Numbers of a branch's first weight, at most: in float32; and in bf16 (w_qkv of D = 128 backward).
NARROW = 1 << 18
FORWARD_BF16, BACKWARD_BF16 = 1 << 20, 3 << 14
LEAST_IMAGES = 8  # so few keep no more than 8 threads busy; measured with two


def mlp_by_rows(x, w1, *, backward=False):
    """Whether the MLP branch of x (B, T, D) with w1 (D, M) is done some rows at a time."""
    return _narrow(x, w1, backward)


def attention_by_rows(x, w_qkv, w_out, offsets, heads, options, *, backward=False):
    """The same for the attention branch: groups of whole images."""
    if w_out is None or heads < 1 or offsets is not None or options != PLAIN or np.ndim(w_qkv) != 2:
        return False
    batch, tokens, D = x.shape
    square = w_qkv.shape == (D, 3 * D) and w_out.shape == (D, D) and D % heads == 0
    if in_lanes((batch, heads, tokens, D // heads), x.itemsize):
        whole = lanes(x.dtype) % heads == 0
    else:
        # An image is one thread's, and its qkv is made at once.
        whole = batch >= LEAST_IMAGES and tokens * 3 * D <= AT_ONCE_BACKWARD
    return square and whole and _narrow(x, w_qkv, backward)


def _narrow(x, w, backward):
    if rounds_products():
        ours = instruction_for(x.dtype) is not None
        most = BACKWARD_BF16 if backward else FORWARD_BF16
    else:
        ours, most = chosen() == "numba", NARROW
    return ours and x.size > 0 and 0 < np.size(w) <= most
