"""Adam's step, one pass over flat vectors, the twin of `minivit.ops.adam`.

A step reads four numbers a parameter and writes three: 28 bytes in float32, with hardly any
arithmetic, so that large models only wait for the memory. Threaded over chunks of equal size.
"""

import math

import numpy as np
from numba import get_num_threads

from minivit.ops.inputs import changed_in_place

from .compiling import jit, shared
from .inputs import like

CHUNK = 16384  # elements


def adam_step(
    parameters, gradients, first_moment, second_moment, *,
    step, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, decayed=0,
    decoupled=True, scale=1.0,
):  # fmt: skip
    """One step of AdamW, in place, on flat vectors (n,) of one dtype; `step` counts from 1.

    p -= lr wd p (the first `decayed` elements only); g = scale gradient;
    m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p -= lr m_hat / (sqrt(v_hat) + eps).
    Loshchilov and Hutter (2019), algorithm 2. With weight_decay 0 this is Adam, and also with
    `decoupled=False`, where decay is a part of the gradient: g = scale gradient + wd p.
    """
    gradients = changed_in_place(
        gradients, parameters=parameters, first_moment=first_moment, second_moment=second_moment
    )
    (gradients,) = like(parameters, gradients)
    rate = learning_rate / (1 - beta1**step)
    root = 1 / math.sqrt(1 - beta2**step)
    numbers = (scale, beta1, 1 - beta1, beta2, 1 - beta2, root, eps, rate)
    keep = 1 - learning_rate * weight_decay if decoupled else 1.0
    numbers, coupled = np.array((*numbers, keep), parameters.dtype), None
    if not decoupled:
        coupled = parameters.dtype.type(weight_decay)
    chunks = (parameters.size + CHUNK - 1) // CHUNK
    _adam_into((parameters.dtype, decoupled), min(get_num_threads(), chunks), parameters,
               first_moment, second_moment, gradients, numbers, int(decayed), coupled)  # fmt: skip


@shared
def _adam_into(share, shares, p, m, v, g, numbers, decayed, coupled):
    """An equal run of the chunks; `coupled`: weight decay in the gradient, or None."""
    chunks = (p.size + CHUNK - 1) // CHUNK
    first = share * chunks // shares * CHUNK
    last = min((share + 1) * chunks // shares * CHUNK, p.size)
    middle = min(max(first, decayed), last)
    _adam_range(p, m, v, g, first, middle, numbers, numbers[8], coupled)
    _adam_range(p, m, v, g, middle, last, numbers, numbers.dtype.type(1), None)


@jit
def _adam_range(p, m, v, g, start, end, numbers, keep, coupled):
    scale, b1, one_less_b1 = numbers[0], numbers[1], numbers[2]
    b2, one_less_b2 = numbers[3], numbers[4]
    root, eps, rate = numbers[5], numbers[6], numbers[7]
    # Unsigned: an index that may be negative keeps loops from vectorising.
    for i in range(np.uintp(start), np.uintp(end)):
        gradient = scale * g[i]
        if coupled is not None:
            gradient += coupled * p[i]
        first = b1 * m[i] + one_less_b1 * gradient
        second = b2 * v[i] + one_less_b2 * (gradient * gradient)
        p[i] = keep * p[i] - rate * first / (np.sqrt(second) * root + eps)
        m[i] = first
        v[i] = second
