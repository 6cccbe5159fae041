"""Adam's step and the global norm of gradients, each one pass over flat vectors.

A step reads four numbers a parameter and writes three: 28 bytes in float32, and hardly any
arithmetic, so that large models wait for memory alone. Blocks of equal size are shared out among
the threads. The norm adds up in float64, block by block, and then over the blocks in order: the
same bits for any number of threads.
"""

import math

import numpy as np
from numba import prange

from minivit.ops.adam import checked_gradients

from .compile import jit, parallel_jit
from .inputs import like, reals

BLOCK = 16384  # elements


def adam_step(
    parameters, gradients, first_moment, second_moment, *,
    step, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, decayed=0, scale=1.0,
):  # fmt: skip
    """One step of AdamW, in place, on flat vectors (n,) of one dtype; `step` counts from 1.

    p -= lr wd p (the first `decayed` elements only); g = scale gradient;
    m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p -= lr m_hat / (sqrt(v_hat) + eps).
    Loshchilov and Hutter (2019), algorithm 2. With weight_decay 0 this is Adam.
    """
    gradients = checked_gradients(parameters, gradients, first_moment, second_moment)
    (gradients,) = like(parameters, gradients)
    rate = learning_rate / (1 - beta1**step)
    root = 1 / math.sqrt(1 - beta2**step)
    numbers = (scale, beta1, 1 - beta1, beta2, 1 - beta2, root, eps, rate)
    numbers = np.array((*numbers, 1 - learning_rate * weight_decay), parameters.dtype)
    _adam_into(parameters, first_moment, second_moment, gradients, numbers, decayed)


def global_norm(vector):
    """sqrt(sum of squares) of a flat contiguous vector, accumulated in float64."""
    (vector,) = reals(vector=vector)
    return math.sqrt(_sum_of_squares(vector.reshape(-1)))


@parallel_jit
def _adam_into(p, m, v, g, numbers, decayed):
    for block in prange((p.size + BLOCK - 1) // BLOCK):
        first, last = block * BLOCK, min((block + 1) * BLOCK, p.size)
        middle = min(max(first, decayed), last)
        for a, b, keep in ((first, middle, numbers[8]), (middle, last, numbers.dtype.type(1))):
            _adam_range(p[a:b], m[a:b], v[a:b], g[a:b], numbers, keep)


@jit
def _adam_range(p, m, v, g, numbers, keep):
    scale, b1, one_less_b1 = numbers[0], numbers[1], numbers[2]
    b2, one_less_b2 = numbers[3], numbers[4]
    root, eps, rate = numbers[5], numbers[6], numbers[7]
    for i in range(p.size):
        gradient = scale * g[i]
        first = b1 * m[i] + one_less_b1 * gradient
        second = b2 * v[i] + one_less_b2 * (gradient * gradient)
        p[i] = keep * p[i] - rate * first / (np.sqrt(second) * root + eps)
        m[i] = first
        v[i] = second


@parallel_jit
def _sum_of_squares(x):
    partial = np.empty((x.size + BLOCK - 1) // BLOCK)
    for block in prange(partial.size):
        part = x[block * BLOCK : (block + 1) * BLOCK]
        total = 0.0
        for i in range(part.size):
            total += np.float64(part[i]) * np.float64(part[i])
        partial[block] = total
    total = 0.0
    for block in range(partial.size):
        total += partial[block]
    return total
