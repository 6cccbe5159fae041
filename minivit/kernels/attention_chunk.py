"""What one thread does for attention: chunks of queries (forward), whole heads (backward).

A chunk is at most CHUNK queries of one head, against all of its keys. Its scores lie transposed,
scores[j, i] = k_j . q_i: a query is a column, and a register holds LANES queries. So the softmax's
maximum and sum run down the columns, and nothing is ever summed across a register.
Forward, with everything in the cache:

    queries (K, n)   q^T / sqrt(K)                     scores (T, n)   k queries; with top_k the
                                                                       smaller become -inf
    probs   (T, n)   softmax of each column, in place  y      (n, K)   probs^T v; with dropout some
                                                                       probs become 0 before

Backward, the same scores and two numbers per query give the probabilities again, and then

    dprobs  (T, n)   v dy^T                            delta_i = sum_j probs[j, i] dprobs[j, i]
    dv     += probs dy                                 dscores = probs (dprobs - delta) / sqrt(K)
    dk     += dscores q                                dq      = dscores^T k
    y       = probs^T v, again, if it is wanted: it overwrites dy

With dropout dprobs lose the same values at once, and probs after delta and dscores have been made.

Memory for each thread: T x CHUNK numbers, backward twice as many. Operations for each head: 4 T^2 K
forward, 10 T^2 K backward (12 with y), and T^2 exponentials each way.
"""

from typing import NamedTuple

import numpy as np

from .attention_steps import (
    CHUNK,
    drop_columns,
    dscores_columns,
    product,
    softmax_columns,
    transpose,
)
from .compiling import jit
from .dropout import Mask
from .heads import Heads, ThreeHeads, one_head, three_heads
from .matrix import ONE, ZERO, Matrix, moved, transposed
from .simd import VECTOR_BYTES
from .top_k import keep_largest
from .workspace import APART

FRESH = np.bool_(False)  # typed: Numba would compile `product` once more for a literal


class Way(NamedTuple):
    """What is the same for all chunks."""

    factor: float  # 1 / sqrt(K)
    top_k: int  # keys that a query attends to, at most T
    y_for_dy: bool  # backward: y overwrites dy


class Space(NamedTuple):
    """Where in the workspace a thread's own matrices begin; n is a chunk's number of queries."""

    columns: int  # (2, CHUNK), the maximum of each column and one over its sum
    queries: int  # (K, n), filled up to whole vectors each way
    column: int  # (T,), a copy of one column, for top_k
    scores: int  # (T, n), filled up to whole vectors
    dscores: int  # (T, n), likewise


def room(tokens, K, itemsize, matrices):
    """How many numbers of workspace a thread needs, `matrices` of them (T, n)."""
    column = (tokens + CHUNK - 1) // CHUNK
    rows = 2 + K + VECTOR_BYTES // itemsize + column + matrices * tokens
    return rows * CHUNK + APART // itemsize


@jit
def own_space(share, shares, workspace, tokens, K):
    """This share's part of the workspace, aligned so that no vector crosses a cache line."""
    lanes, zero = VECTOR_BYTES // workspace.itemsize, workspace.dtype.type(0)
    first = -workspace.ctypes.data % 64 // workspace.itemsize
    columns = first + share * (workspace.size // shares // CHUNK * CHUNK)
    for i in range(2 * CHUNK):  # columns past the last query are computed too, and read these
        workspace[columns + i] = zero
    queries = columns + 2 * CHUNK
    column = queries + (K + lanes) * CHUNK
    scores = column + (tokens + CHUNK - 1) // CHUNK * CHUNK
    return Space(columns, queries, column, scores, scores + tokens * CHUNK)


def forward_share(share, shares, qkv, y, statistics, shape, way, mask, workspace):
    """Forward for this share of all chunks. `statistics`: maximum and 1/sum of every query."""
    row_max, row_scale = statistics
    way, mask = Way(*way), Mask(*mask)
    batch, heads, tokens, K = shape
    chunks, lanes = (tokens + CHUNK - 1) // CHUNK, VECTOR_BYTES // workspace.itemsize
    space = own_space(share, shares, workspace, tokens, K)
    units = batch * heads * chunks
    for unit in range(share * units // shares, (share + 1) * units // shares):
        head, start = unit // chunks, unit % chunks * CHUNK
        q, k, v = three_heads(ThreeHeads(*qkv), head, heads)
        y_here = moved(one_head(Heads(*y), head, heads), start, ZERO)
        n = min(CHUNK, tokens - start)
        wide = (n + lanes - 1) // lanes * lanes
        queries = Matrix(workspace, space.queries, wide, ONE)
        scores = Matrix(workspace, space.scores, wide, ONE)
        transpose(moved(q, start, ZERO), queries, n, K, way.factor)
        product(k, queries, scores, (tokens, wide, K), FRESH)
        if way.top_k < tokens:
            keep_largest(scores, tokens, n, way.top_k, space.column)
        softmax_columns(scores, tokens, wide, space.columns)
        probs = scores  # the same memory from here on
        if mask.keys.size:
            drop_columns(probs, tokens, n, mask, head, heads, start)
        product(transposed(probs), v, y_here, (n, K, tokens), FRESH)
        for i in range(n):
            row_max[head * tokens + start + i] = workspace[space.columns + i]
            row_scale[head * tokens + start + i] = workspace[space.columns + CHUNK + i]


def backward_share(share, shares, qkv, dy, statistics, dqkv, shape, way, mask, workspace):
    """Backward for this share of the heads, chunk by chunk; with y_for_dy, y overwrites dy."""
    batch, heads, tokens, K = shape
    space = own_space(share, shares, workspace, tokens, K)
    units = batch * heads
    for head in range(share * units // shares, (share + 1) * units // shares):
        q, k, v = three_heads(ThreeHeads(*qkv), head, heads)
        dq, dk, dv = three_heads(ThreeHeads(*dqkv), head, heads)
        dy_head = one_head(Heads(*dy), head, heads)
        for start in range(0, tokens, CHUNK):
            n, first = min(CHUNK, tokens - start), head * tokens + start
            for i in range(n):
                workspace[space.columns + i] = statistics[0][first + i]
                workspace[space.columns + CHUNK + i] = statistics[1][first + i]
            chunk_backward((moved(q, start, ZERO), k, v), moved(dy_head, start, ZERO),
                           (moved(dq, start, ZERO), dk, dv), (n, tokens, K), start, Way(*way),
                           Mask(*mask), (head, heads), workspace, space)  # fmt: skip


@jit(inline="always")
def chunk_backward(qkv, dy, dqkv, size, start, way, mask, place, workspace, space):
    """Backward for the n queries of a chunk, beginning at the first rows of q, dy and dq."""
    accumulate, (head, heads) = start > 0, place
    (q, k, v), (dq, dk, dv), (n, tokens, K) = qkv, dqkv, size
    lanes, unscaled = VECTOR_BYTES // workspace.itemsize, workspace.dtype.type(1)
    wide = (n + lanes - 1) // lanes * lanes
    queries = Matrix(workspace, space.queries, wide, ONE)
    scores = Matrix(workspace, space.scores, wide, ONE)
    dprobs = Matrix(workspace, space.dscores, wide, ONE)
    transpose(q, queries, n, K, way.factor)
    product(k, queries, scores, (tokens, wide, K), FRESH)
    if way.top_k < tokens:
        keep_largest(scores, tokens, n, way.top_k, space.column)
    upstream = queries  # the same memory from here on
    transpose(dy, upstream, n, K, unscaled)
    product(v, upstream, dprobs, (tokens, wide, K), FRESH)
    if mask.keys.size:
        drop_columns(dprobs, tokens, n, mask, head, heads, start)
    dscores_columns(scores, dprobs, tokens, wide, space.columns, way.factor)
    probs, dscores = scores, dprobs  # the same memory again
    if mask.keys.size:
        drop_columns(probs, tokens, n, mask, head, heads, start)
    product(probs, dy, dv, (tokens, K, n), accumulate)
    product(dscores, q, dk, (tokens, K, n), accumulate)
    product(transposed(dscores), k, dq, (n, K, tokens), FRESH)
    if way.y_for_dy:  # nobody needs this chunk of dy any more
        product(transposed(probs), v, dy, (n, K, tokens), FRESH)
