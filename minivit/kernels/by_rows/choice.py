"""Where a branch is done some rows at a time: the one place that decides.

Measured on two cores of an Intel Emerald Rapids with AVX-512 (2 MB of cache a core), two threads,
float32: how many times as long an MLP branch takes by one kernel after the other, forward and
backward. (Medians of calls in turns; the machine was not quiet, so of several runs.)

    rows 1088, D =  64, M =  256     1.4 to 1.6, 1.4 to 1.5
    rows 6400, D =  64, M =  256     1.3 to 1.4, 1.4 to 1.5
    rows 4160, D =  96, M =  384     1.25, 1.3
    rows 4160, D = 192, M =  768     1.1, 1.1
    rows 1576, D = 384, M = 1536     1.0, 0.95

An attention branch at T = 17 and T = 50, D = 64 with 4 heads: 1.4 and 1.4, 1.3 and 1.3.

In bf16 the arithmetic is quick, so it weighs more that operands are packed anew for every few
rows: by one kernel after the other an MLP branch takes 1.2 and 1.4, 1.2 and 1.5, 1.2 and 1.2 times
as long, then 0.8 and 0.9 at D = 192.
"""

import numpy as np

from minivit.chosen import rounds_products
from minivit.ops.attention import PLAIN

from ..attention_lanes.choice import in_lanes
from ..product.bf16.instructions import instruction_for
from ..product.choice import chosen
from ..simd import lanes

NARROW = 1 << 18  # numbers of w1, at most
NARROW_BF16 = 3 << 14  # w_qkv of D = 128


def mlp_by_rows(x, w1):
    """Whether the MLP branch of x (B, T, D) with w1 (D, M) is done some rows at a time."""
    return _narrow(x, w1)


def attention_by_rows(x, w_qkv, w_out, offsets, heads, options):
    """The same for the attention branch: with one head per lane, groups of whole images."""
    if w_out is None or heads < 1 or offsets is not None or options != PLAIN or np.ndim(w_qkv) != 2:
        return False
    batch, tokens, D = x.shape
    square = w_qkv.shape == (D, 3 * D) and w_out.shape == (D, D) and D % heads == 0
    whole = lanes(x.dtype) % heads == 0
    lanes_fit = in_lanes((batch, heads, tokens, D // heads), x.itemsize)
    return square and whole and lanes_fit and _narrow(x, w_qkv)


def _narrow(x, w):
    if rounds_products():
        ours, narrow = instruction_for(x.dtype) is not None, NARROW_BF16
    else:
        ours, narrow = chosen() == "numba", NARROW
    return ours and x.size > 0 and 0 < np.size(w) <= narrow
