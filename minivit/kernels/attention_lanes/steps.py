"""What is computed with one head per lane, on one thread: products and the softmax of rows.

Matrices are of registers: see turning.py.
"""

import numpy as np

from ..compiling import jit
from ..matrix import ZERO, moved
from ..simd import (
    LONG,
    SHORT,
    broadcast,
    lane_tile,
    load,
    noinline,
    store,
    vector_exp,
    vector_maximum,
)

FRESH = np.bool_(False)  # typed: a literal is one more type to compile for


@jit
def product(a, b, c, size, accumulate):
    """c (m, n) = (accumulate ? c : 0) + a (m, depth) b (depth, n), with the operands in place.

    From 12 on, every m and n is a sum of LONGs and SHORTs: then no tile is ragged.
    """
    noinline()
    m, n, depth = size
    j = 0
    while j < n:
        wide = LONG if (n - j) % LONG == 0 else SHORT
        i = 0
        while i < m:
            tall = LONG if (m - i) % LONG == 0 else SHORT
            a_here, b_here, c_here = moved(a, i, ZERO), moved(b, ZERO, j), moved(c, i, j)
            part = m - i, n - j, depth
            if tall == LONG and wide == LONG:
                lane_tile(LONG, LONG, a_here, b_here, c_here, part, accumulate)
            elif tall == LONG:
                lane_tile(LONG, SHORT, a_here, b_here, c_here, part, accumulate)
            elif wide == LONG:
                lane_tile(SHORT, LONG, a_here, b_here, c_here, part, accumulate)
            else:
                lane_tile(SHORT, SHORT, a_here, b_here, c_here, part, accumulate)
            i += tall
        j += wide


@jit
def exponentials(scores, queries, keys, maxima, scales):
    """scores (queries, keys) become e = exp(scores - maximum); 1 / sum of each row to `scales`."""
    noinline()
    numbers, step = scores.numbers, scores.column
    zero, one = numbers.dtype.type(0), numbers.dtype.type(1)
    for i in range(queries):
        first = scores.first + i * scores.row
        largest = load(numbers, first)
        for j in range(1, keys):
            largest = vector_maximum(load(numbers, first + j * step), largest)
        total = broadcast(zero)
        for j in range(keys):
            e = vector_exp(load(numbers, first + j * step) - largest)
            store(numbers, first + j * step, e)
            total = total + e
        store(numbers, maxima.first + i * maxima.row, largest)
        store(numbers, scales.first + i * scales.row, broadcast(one) / total)


@jit
def dscores_rows(scores, dprobs, queries, keys, maxima, scales):
    """scores become e again; dprobs, of a dy that was scaled, become dscores."""
    noinline()
    numbers, step = scores.numbers, scores.column
    zero = numbers.dtype.type(0)
    for i in range(queries):
        first, d_first = scores.first + i * scores.row, dprobs.first + i * dprobs.row
        largest = load(numbers, maxima.first + i * maxima.row)
        delta = broadcast(zero)
        for j in range(keys):
            e = vector_exp(load(numbers, first + j * step) - largest)
            store(numbers, first + j * step, e)
            delta = delta + e * load(numbers, d_first + j * step)
        delta = delta * load(numbers, scales.first + i * scales.row)
        for j in range(keys):
            at = d_first + j * step
            dscore = load(numbers, first + j * step) * (load(numbers, at) - delta)
            store(numbers, at, dscore)
