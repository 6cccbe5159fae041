"""Where a branch is done some rows at a time: the one place that decides.

Measured on two cores of an AMD EPYC (Zen 4) with AVX-512 (1 MB of cache a core), two threads: how
many times as long a branch takes by one kernel after the other, forward and backward. Medians of 60
calls in turns (bf16: of three such runs); M = 4 D, 64 images of 65 tokens or 8 (D = 768: 4) of 197.

                              float32        bf16
    MLP, T =  65, D =  96     1.17, 1.27     1.14, 1.16
    MLP, T =  65, D = 192     1.11, 1.07     1.14, 1.15
    MLP, T = 197, D = 192     1.03, 1.11     1.15, 0.98
    MLP, T = 197, D = 384     1.08, 1.03     1.14, 1.05
    MLP, T = 197, D = 768     0.98, 1.01     1.00, 1.00
    attention, T =  65, D = 192,  3 heads    1.17, 1.13     1.17, 1.15
    attention, T = 197, D = 192,  3 heads    1.16, 1.10     1.05, 1.04
    attention, T = 197, D = 384,  6 heads    1.11, 1.05     1.06, 1.06

In a training step the arrays of other branches drive these out of the cache: in bf16 a step whose
MLP backward goes by rows takes as long at T = 197, D = 192, and is 1.02 times as fast at D = 384.

Smaller models gain more: D = 64 with 17 to 50 tokens 1.25 to 1.6 (two cores of an Intel Emerald
Rapids).

What a weight's gradient sums up is as large as the weight. Where that fits the cache it is added to
for every few rows. Where it does not, each few rows would fetch and store it: at D = 384 a backward
took 1.05 times as long as by one kernel after the other, in bf16 at D = 192 as well. There they
are products of all rows, afterwards.
"""

import numpy as np

from minivit.chosen import rounds_products
from minivit.ops.attention import PLAIN

from ..attention_lanes.choice import in_lanes
from ..product.bf16.instructions import instruction_for
from ..product.bf16.packing import BLOCK
from ..product.choice import chosen
from ..simd import lanes
from .cut import ADDED_UP, AT_ONCE_FORWARD, PACKED, WRITTEN

# Numbers of a branch's first weight, at most: D = 443 where M = 4 D, 512 of attention.
NARROW = 3 << 18
# Up to so many each piece of rows adds up its gradients; more: afterwards. In bf16 less is worth
# keeping in the cache: to pack operands for so few rows takes as long as to multiply them.
SUMMED, SUMMED_BF16 = 1 << 18, 3 << 14
LEAST_IMAGES = 8  # so few keep no more than 8 threads busy; measured with two


def mlp_by_rows(x, w1):
    """Whether the MLP branch of x (B, T, D) with w1 (D, M) is done some rows at a time."""
    return _narrow(x, w1)


def attention_by_rows(x, w_qkv, w_out, offsets, heads, options):
    """The same for the attention branch: groups of whole images."""
    if w_out is None or heads < 1 or offsets is not None or options != PLAIN or np.ndim(w_qkv) != 2:
        return False
    batch, tokens, D = x.shape
    square = w_qkv.shape == (D, 3 * D) and w_out.shape == (D, D) and D % heads == 0
    if in_lanes((batch, heads, tokens, D // heads), x.itemsize):
        whole = lanes(x.dtype) % heads == 0
    else:
        # An image is one thread's, and its qkv is made at once.
        whole = batch >= LEAST_IMAGES and tokens * 3 * D <= AT_ONCE_FORWARD
    return square and whole and _narrow(x, w_qkv)


def way_of_gradients(w, together):
    """How the backward of a branch that is done by rows comes to the gradients of weights (cut.py).

    w: the branch's first weight. together: so many rows are done at once, at least. In bf16 they
    are packed if they fill a block: of fewer a block would hold those of the next, too, which may
    be another thread's.
    """
    if w.size <= (SUMMED_BF16 if rounds_products() else SUMMED):
        return ADDED_UP
    return PACKED if rounds_products() and together >= BLOCK else WRITTEN


def _narrow(x, w):
    way = instruction_for(x.dtype) if rounds_products() else chosen()
    return way not in (None, "blas") and x.size > 0 and 0 < np.size(w) <= NARROW
