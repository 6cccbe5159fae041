"""The steps that attention does with a chunk of queries (attention_chunk.py), on one thread.

Products read their operands in place. The softmax runs down the columns, one for each query.
"""

import numpy as np

from .compiling import jit
from .dropout import is_kept
from .matrix import ZERO, moved
from .simd import (
    VECTOR_BYTES,
    broadcast,
    load,
    nearest_bfloat16,
    noinline,
    store,
    tile_within,
    transpose_square,
    vector_exp,
    vector_maximum,
)

CHUNK = 64  # queries
ROWS = 6  # rows of a product's tile
FRESH, ADDED = np.bool_(False), np.bool_(True)  # typed: a literal is one more type to compile for
WIDE = 2 if VECTOR_BYTES == 32 else 4  # and its vectors of columns: AVX2 has registers for 2


@jit(inline="always")
def whole_vectors(n, workspace):
    """n queries filled up to whole vectors."""
    lanes = VECTOR_BYTES // workspace.itemsize
    return (n + lanes - 1) // lanes * lanes


@jit
def product(a, b, c, size, accumulate):
    """c (m, n) = (accumulate ? c : 0) + a (m, depth) b (depth, n), with the operands in place."""
    noinline()
    m, n, depth = size
    lanes = VECTOR_BYTES // c.numbers.itemsize
    j = 0
    while j < n:
        left = n - j
        vectors = WIDE if left >= WIDE * lanes else 2 if left >= 2 * lanes else 1
        width, b_here = min(vectors * lanes, left), moved(b, ZERO, j)
        for i in range(0, m, ROWS):
            a_here, c_here = moved(a, i, ZERO), moved(c, i, j)
            part = min(ROWS, m - i), width, depth
            if vectors == WIDE:
                tile_within(ROWS, WIDE, a_here, b_here, c_here, part, accumulate)
            elif vectors == 2:
                tile_within(ROWS, 2, a_here, b_here, c_here, part, accumulate)
            else:
                tile_within(ROWS, 1, a_here, b_here, c_here, part, accumulate)
        j += width


@jit
def transpose(x, out, rows, columns, factor):
    """out[c, r] = factor x[r, c]; each row of out filled up to a whole vector."""
    noinline()
    lanes = VECTOR_BYTES // out.numbers.itemsize
    for r in range(0, rows, lanes):
        for c in range(0, columns, lanes):
            transpose_square(moved(out, c, r), moved(x, r, c), rows - r, columns - c, factor)


@jit
def softmax_columns(scores, keys, wide, columns):
    """Each column of scores (keys, wide) becomes its softmax, LANES columns at a time.

    The maxima go to numbers[columns:], one over each sum CHUNK numbers further on.
    """
    noinline()
    numbers, first = scores.numbers, scores.first
    lanes, one = VECTOR_BYTES // numbers.itemsize, numbers.dtype.type(1)
    for i in range(0, wide, lanes):
        largest = load(numbers, first + i)
        for j in range(1, keys):
            largest = vector_maximum(load(numbers, first + j * wide + i), largest)
        total = vector_exp(load(numbers, first + i) - largest)
        store(numbers, first + i, total)
        for j in range(1, keys):
            e = vector_exp(load(numbers, first + j * wide + i) - largest)
            store(numbers, first + j * wide + i, e)
            total = total + e
        scale = broadcast(one) / total
        store(numbers, columns + i, largest)
        store(numbers, columns + CHUNK + i, scale)
        for j in range(keys):
            at = first + j * wide + i
            store(numbers, at, load(numbers, at) * scale)


@jit
def dscores_columns(scores, dprobs, keys, wide, columns, factor):
    """scores become probs again; dprobs become dscores = factor probs (dprobs - delta)."""
    noinline()
    numbers = scores.numbers
    lanes = VECTOR_BYTES // numbers.itemsize
    for i in range(0, wide, lanes):
        largest, scale = load(numbers, columns + i), load(numbers, columns + CHUNK + i)
        delta = broadcast(factor - factor)
        for j in range(keys):
            at, d_at = scores.first + j * wide + i, dprobs.first + j * wide + i
            prob = vector_exp(load(numbers, at) - largest) * scale
            store(numbers, at, prob)
            delta = delta + prob * load(numbers, d_at)
        for j in range(keys):
            at, d_at = scores.first + j * wide + i, dprobs.first + j * wide + i
            dscore = load(numbers, at) * (load(numbers, d_at) - delta) * broadcast(factor)
            store(numbers, d_at, dscore)


@jit
def round_columns(x, keys, wide, factor):
    """Every number of x (keys, wide) becomes factor times its nearest bfloat16."""
    noinline()
    numbers = x.numbers
    for j in range(keys):
        at = np.uintp(x.first + j * x.row)
        for i in range(np.uintp(wide)):
            numbers[at + i] = nearest_bfloat16(numbers[at + i]) * factor


@jit
def drop_columns(probs, chunk, mask):
    """Multiply the columns of a chunk's queries in probs (keys, n) by their factors.

    The position of a probability in its image counts (head, query, key).
    """
    noinline()
    numbers, keys, zero = probs.numbers, chunk.tokens, probs.numbers.dtype.type(0)
    first = (chunk.head * keys + chunk.start) * keys
    one, two = mask.keys[2 * chunk.image], mask.keys[2 * chunk.image + 1]
    for j in range(keys):
        # Unsigned: an index that may be negative keeps loops from vectorising.
        at, position = np.uintp(probs.first + j * probs.row), np.uint32(first + j)
        for i in range(np.uintp(chunk.queries)):
            kept = is_kept(position + np.uint32(i) * np.uint32(keys), one, two, mask.least)
            numbers[at + i] *= mask.factor if kept else zero
