"""What one thread does for attention: chunks of queries (forward), whole heads (backward).

A chunk is at most CHUNK queries of one head, against all of its keys. Its scores are kept
TRANSPOSED, scores[j, i] = k_j . q_i: a query is a column, and a register holds LANES queries. So
the softmax's maximum and sum run down the columns, and nothing is ever summed across a register.
Forward, with everything in the cache:

    queries (K, n)   q^T / sqrt(K)                     scores (T, n)   k queries
    probs   (T, n)   softmax of each column, in place  y      (n, K)   probs^T v

Backward the probabilities come back from new scores and two numbers per query, and then

    dprobs  (T, n)   v dy^T                            delta_i = sum_j probs[j, i] dprobs[j, i]
    dv     += probs dy                                 dscores = probs (dprobs - delta) / sqrt(K)
    dk     += dscores q                                dq      = dscores^T k
    y       = probs^T v, once more, if it is wanted: it takes the place of dy

Memory for each thread: T x CHUNK numbers, backward twice as many. Operations for each head: 4 T^2 K
forward, 10 T^2 K backward (12 with y), and T^2 exponentials each.
"""

from typing import NamedTuple

import numpy as np

from .compiling import jit
from .matrix import ONE, ZERO, Matrix, moved, transposed
from .simd import (
    VECTOR_BYTES,
    broadcast,
    load,
    noinline,
    store,
    tile_within,
    transpose_square,
    vector_exp,
    vector_maximum,
)

CHUNK = 64  # queries
ROWS = 6  # rows of a product's tile
WIDE = 2 if VECTOR_BYTES == 32 else 4  # and its vectors of columns: AVX2 has registers for 2
FRESH = np.bool_(False)  # typed: Numba would compile `product` once more for a literal


class Heads(NamedTuple):
    """x (B, H, T, K): x[b, h, t, k] is numbers[first + b batch + h head + t token + k]."""

    numbers: np.ndarray  # flat
    first: int
    batch: int
    head: int
    token: int


class ThreeHeads(NamedTuple):
    """q, k and v, or their gradients, strided alike, as slices of one qkv are; see `Heads`."""

    q: np.ndarray  # flat
    k: np.ndarray
    v: np.ndarray
    q_first: int
    k_first: int
    v_first: int
    batch: int
    head: int
    token: int


class Space(NamedTuple):
    """Where in the workspace a thread's own matrices begin; n is a chunk's number of queries."""

    columns: int  # (2, CHUNK), the maximum of each column and one over its sum
    queries: int  # (K, n), filled up to whole vectors each way
    scores: int  # (T, n), filled up to whole vectors
    dscores: int  # (T, n), likewise


def room(tokens, depth, itemsize):
    """How many numbers of workspace a thread needs, a multiple of CHUNK."""
    return (2 + depth + VECTOR_BYTES // itemsize + 2 * tokens) * CHUNK


@jit
def own_space(share, shares, workspace, tokens, depth):
    """This share's part, so placed that no vector crosses a cache line."""
    lanes, zero = VECTOR_BYTES // workspace.itemsize, workspace.dtype.type(0)
    first = -workspace.ctypes.data % 64 // workspace.itemsize
    columns = first + share * (workspace.size // shares // CHUNK * CHUNK)
    for i in range(2 * CHUNK):  # a column that is no query must not become a NaN, which is slow
        workspace[columns + i] = zero
    queries = columns + 2 * CHUNK
    scores = queries + (depth + lanes) * CHUNK
    return Space(columns, queries, scores, scores + tokens * CHUNK)


@jit
def one_head(x, head, heads):
    """The matrix (T, K) of one of the batch x heads."""
    first = x.first + head // heads * x.batch + head % heads * x.head
    return Matrix(x.numbers, first, x.token, ONE)


@jit
def three_heads(x, head, heads):
    """The three matrices (T, K) of one of the batch x heads."""
    at, token = head // heads * x.batch + head % heads * x.head, x.token
    q, k = Matrix(x.q, x.q_first + at, token, ONE), Matrix(x.k, x.k_first + at, token, ONE)
    return q, k, Matrix(x.v, x.v_first + at, token, ONE)


def forward_share(share, shares, qkv, y, kept, shape, factor, workspace):
    """Forward for this share of all chunks. `kept`: the maximum and 1/sum of every query."""
    row_max, row_scale = kept
    batch, heads, tokens, depth = shape
    chunks, lanes = (tokens + CHUNK - 1) // CHUNK, VECTOR_BYTES // workspace.itemsize
    space = own_space(share, shares, workspace, tokens, depth)
    units = batch * heads * chunks
    for unit in range(share * units // shares, (share + 1) * units // shares):
        head, start = unit // chunks, unit % chunks * CHUNK
        q, k, v = three_heads(ThreeHeads(*qkv), head, heads)
        y_here = moved(one_head(Heads(*y), head, heads), start, ZERO)
        n = min(CHUNK, tokens - start)
        wide = (n + lanes - 1) // lanes * lanes
        queries = Matrix(workspace, space.queries, wide, ONE)
        scores = Matrix(workspace, space.scores, wide, ONE)
        transpose(moved(q, start, ZERO), queries, n, depth, factor)
        product(k, queries, scores, (tokens, wide, depth), FRESH)
        softmax_columns(scores, tokens, wide, space.columns)
        product(transposed(scores), v, y_here, (n, depth, tokens), FRESH)
        for i in range(n):
            row_max[head * tokens + start + i] = workspace[space.columns + i]
            row_scale[head * tokens + start + i] = workspace[space.columns + CHUNK + i]


def backward_share(share, shares, qkv, dy, kept, dqkv, shape, factor, y_for_dy, workspace):
    """Backward for this share of the heads, chunk by chunk; with y_for_dy, y takes dy's place."""
    batch, heads, tokens, depth = shape
    space = own_space(share, shares, workspace, tokens, depth)
    units = batch * heads
    for head in range(share * units // shares, (share + 1) * units // shares):
        q, k, v = three_heads(ThreeHeads(*qkv), head, heads)
        dq, dk, dv = three_heads(ThreeHeads(*dqkv), head, heads)
        dy_head = one_head(Heads(*dy), head, heads)
        for start in range(0, tokens, CHUNK):
            rows = min(CHUNK, tokens - start), tokens, depth
            first = head * tokens + start
            for i in range(rows[0]):
                workspace[space.columns + i] = kept[0][first + i]
                workspace[space.columns + CHUNK + i] = kept[1][first + i]
            chunk_backward(moved(q, start, ZERO), k, v, moved(dy_head, start, ZERO),
                           moved(dq, start, ZERO), dk, dv, rows, start > 0, factor, y_for_dy,
                           workspace, space)  # fmt: skip


@jit(inline="always")
def chunk_backward(q, k, v, dy, dq, dk, dv, size, accumulate, factor, y_for_dy, workspace, space):
    """Backward for the n queries of a chunk, beginning at the first rows of q, dy and dq."""
    n, tokens, depth = size
    lanes, unscaled = VECTOR_BYTES // workspace.itemsize, workspace.dtype.type(1)
    wide = (n + lanes - 1) // lanes * lanes
    queries = Matrix(workspace, space.queries, wide, ONE)
    scores = Matrix(workspace, space.scores, wide, ONE)
    dscores = Matrix(workspace, space.dscores, wide, ONE)
    transpose(q, queries, n, depth, factor)
    product(k, queries, scores, (tokens, wide, depth), FRESH)
    transpose(dy, queries, n, depth, unscaled)
    product(v, queries, dscores, (tokens, wide, depth), FRESH)
    dscores_columns(scores, dscores, tokens, wide, space.columns, factor)
    product(scores, dy, dv, (tokens, depth, n), accumulate)
    product(dscores, q, dk, (tokens, depth, n), accumulate)
    product(transposed(dscores), k, dq, (n, depth, tokens), FRESH)
    if y_for_dy:  # nobody needs this chunk of dy any more
        product(transposed(scores), v, dy, (n, depth, tokens), FRESH)


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
            a_here, c_here, part = (
                moved(a, i, ZERO),
                moved(c, i, j),
                (min(ROWS, m - i), width, depth),
            )
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

    The maxima are put at `columns`, one over each sum CHUNK numbers further on.
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
