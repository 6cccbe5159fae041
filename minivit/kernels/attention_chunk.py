"""What one thread does for attention: chunks of queries (forward), whole heads (backward).

A chunk is at most CHUNK queries of one head, against all of its keys. Its scores lie transposed,
scores[j, i] = k_j . q_i: a query is a column, and a register holds LANES queries. So the softmax's
maximum and sum run down the columns, and nothing is ever summed across a register.
Forward, with everything in the cache:

    queries (K, n)   q^T / sqrt(K)                     scores (T, n)   k queries, and relative
                                                                       positions; a key outside of
                                                                       the window, or smaller
                                                                       than top_k: -inf
    probs   (T, n)   softmax of each column, in place  y      (n, K)   probs^T v; with dropout some
                                                                       probs become 0 before

Backward, the same scores and two numbers per query give the probabilities again, and then

    dprobs  (T, n)   v dy^T                            delta_i = sum_j probs[j, i] dprobs[j, i]
    dv     += probs dy                                 dscores = probs (dprobs - delta) / sqrt(K)
    dk     += dscores q                                dq      = dscores^T k
    y       = probs^T v, again, if it is wanted: it overwrites dy

With dropout dprobs lose the same values at once, and probs after delta and dscores have been made.

Memory for each thread: T x CHUNK numbers, backward twice as many. Operations for each head: 4 T^2 K
forward, 10 T^2 K backward (12 with y), and T^2 exponentials each way. With relative positions 2T x
CHUNK numbers more, 4 T^2 K operations forward and 12 T^2 K backward.

The offsets of relative positions serve all images: their gradients are added up over the images of
a group, and over the groups at the end. There are as many groups for any number of threads: so the
bits are the same.
"""

from typing import NamedTuple

import numpy as np

from .attention_space import own_space
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
from .relative import add_picked, put_back
from .simd import VECTOR_BYTES, noinline
from .top_k import keep_largest
from .window import hide_unseen

# Typed: Numba would compile `product` once more for a literal.
FRESH, ADDED = np.bool_(False), np.bool_(True)


class Way(NamedTuple):
    """What is the same for all chunks."""

    factor: float  # 1 / sqrt(K)
    top_k: int  # keys that a query attends to, at most T
    groups: int  # backward: groups of images, whose gradients are added up one after the other
    y_for_dy: bool  # backward: y overwrites dy


class Here(NamedTuple):
    """Where a chunk lies."""

    head: int  # of one image
    heads: int
    start: int  # its first query


class Beside(NamedTuple):
    """What attention looks at beside q, k and v, as flat arrays: empty where it does not."""

    seen: np.ndarray  # (T, T) bool, for key j and query i: whether the query sees the key
    rows: np.ndarray  # (T, T), for key j and query i: which of the offsets is theirs
    offsets: np.ndarray  # (2T, D), relative positions
    doffsets: np.ndarray  # (groups, 2T, D), backward


def forward_share(share, shares, qkv, y, statistics, shape, way, beside, mask, workspace):
    """Forward for this share of all chunks. `statistics`: maximum and 1/sum of every query."""
    row_max, row_scale = statistics
    way, beside, mask = Way(*way), Beside(*beside), Mask(*mask)
    batch, heads, tokens, K = shape
    chunks, lanes = (tokens + CHUNK - 1) // CHUNK, VECTOR_BYTES // workspace.itemsize
    space = own_space(share, shares, workspace, tokens, K, beside.offsets.size // (heads * K))
    units = batch * heads * chunks
    for unit in range(share * units // shares, (share + 1) * units // shares):
        head, start = unit // chunks, unit % chunks * CHUNK
        q, k, v = three_heads(ThreeHeads(*qkv), head, heads)
        y_here = moved(one_head(Heads(*y), head, heads), start, ZERO)
        n = min(CHUNK, tokens - start)
        wide = (n + lanes - 1) // lanes * lanes
        scores = Matrix(workspace, space.scores, wide, ONE)
        here = Here(head % heads, heads, start)
        chunk_scores(moved(q, start, ZERO), k, (n, tokens, K), here, way, beside, workspace, space)
        softmax_columns(scores, tokens, wide, space.columns)
        probs = scores  # the same memory from here on
        if mask.keys.size:
            drop_columns(probs, tokens, n, mask, head, heads, start)
        product(transposed(probs), v, y_here, (n, K, tokens), FRESH)
        for i in range(n):
            row_max[head * tokens + start + i] = workspace[space.columns + i]
            row_scale[head * tokens + start + i] = workspace[space.columns + CHUNK + i]


@jit
def chunk_scores(q, k, size, here, way, beside, workspace, space):
    """The scores of a chunk's n queries; what a query does not attend to becomes -inf."""
    noinline()
    n, tokens, K = size
    lanes = VECTOR_BYTES // workspace.itemsize
    wide = (n + lanes - 1) // lanes * lanes
    queries = Matrix(workspace, space.queries, wide, ONE)
    scores = Matrix(workspace, space.scores, wide, ONE)
    transpose(q, queries, n, K, way.factor)
    product(k, queries, scores, (tokens, wide, K), FRESH)
    if beside.rows.size:
        D = here.heads * K
        offsets = Matrix(beside.offsets, here.head * K, D, ONE)
        every = Matrix(workspace, space.every, wide, ONE)
        product(offsets, queries, every, (beside.offsets.size // D, wide, K), FRESH)
        add_picked(scores, every, beside.rows, tokens, here.start, n)
    if beside.seen.size:
        hide_unseen(scores, beside.seen, tokens, here.start, n)
    if way.top_k < tokens:
        keep_largest(scores, tokens, n, way.top_k, space.column)


def backward_share(share, shares, qkv, dy, statistics, dqkv, shape, way, beside, mask, workspace):
    """Backward for this share of the heads of all groups; with y_for_dy, y overwrites dy."""
    batch, heads, tokens, K = shape
    way, beside, mask = Way(*way), Beside(*beside), Mask(*mask)
    space = own_space(share, shares, workspace, tokens, K, beside.offsets.size // (heads * K))
    units = way.groups * heads
    for unit in range(share * units // shares, (share + 1) * units // shares):
        group = unit // heads
        first_image = group * batch // way.groups
        for image in range(first_image, (group + 1) * batch // way.groups):
            head = image * heads + unit % heads
            q, k, v = three_heads(ThreeHeads(*qkv), head, heads)
            dq, dk, dv = three_heads(ThreeHeads(*dqkv), head, heads)
            dy_head = one_head(Heads(*dy), head, heads)
            for start in range(0, tokens, CHUNK):
                n, first = min(CHUNK, tokens - start), head * tokens + start
                for i in range(n):
                    workspace[space.columns + i] = statistics[0][first + i]
                    workspace[space.columns + CHUNK + i] = statistics[1][first + i]
                here = Here(unit % heads, heads, start)
                chunk_backward((moved(q, start, ZERO), k, v), moved(dy_head, start, ZERO),
                               (moved(dq, start, ZERO), dk, dv), (n, tokens, K), here, way, beside,
                               mask, head, workspace, space)  # fmt: skip
                if beside.rows.size:
                    relative_backward(moved(q, start, ZERO), moved(dq, start, ZERO),
                                      (n, tokens, K), here, group, image > first_image, beside,
                                      workspace, space)  # fmt: skip


@jit(inline="always")
def chunk_backward(qkv, dy, dqkv, size, here, way, beside, mask, head, workspace, space):
    """Backward for the n queries of a chunk, beginning at the first rows of q, dy and dq.

    `head` counts through all images.
    """
    (q, k, v), (dq, dk, dv), (n, tokens, K) = qkv, dqkv, size
    lanes, unscaled = VECTOR_BYTES // workspace.itemsize, workspace.dtype.type(1)
    wide, accumulate = (n + lanes - 1) // lanes * lanes, here.start > 0
    scores = Matrix(workspace, space.scores, wide, ONE)
    dprobs = Matrix(workspace, space.dscores, wide, ONE)
    chunk_scores(q, k, size, here, way, beside, workspace, space)
    upstream = Matrix(workspace, space.queries, wide, ONE)
    transpose(dy, upstream, n, K, unscaled)
    product(v, upstream, dprobs, (tokens, wide, K), FRESH)
    if mask.keys.size:
        drop_columns(dprobs, tokens, n, mask, head, here.heads, here.start)
    dscores_columns(scores, dprobs, tokens, wide, space.columns, way.factor)
    probs, dscores = scores, dprobs  # the same memory again
    if mask.keys.size:
        drop_columns(probs, tokens, n, mask, head, here.heads, here.start)
    product(probs, dy, dv, (tokens, K, n), accumulate)
    product(dscores, q, dk, (tokens, K, n), accumulate)
    product(transposed(dscores), k, dq, (n, K, tokens), FRESH)
    if way.y_for_dy:  # nobody needs this chunk of dy any more
        product(transposed(probs), v, dy, (n, K, tokens), FRESH)


@jit
def relative_backward(q, dq, size, here, group, accumulate, beside, workspace, space):
    """What a chunk's dscores mean for its queries, added to dq, and for the offsets' gradients."""
    noinline()
    n, tokens, K = size
    D, lanes = here.heads * K, VECTOR_BYTES // workspace.itemsize
    count, wide = beside.offsets.size // D, (n + lanes - 1) // lanes * lanes
    dscores = Matrix(workspace, space.dscores, wide, ONE)
    devery = Matrix(workspace, space.every, wide, ONE)
    offsets = Matrix(beside.offsets, here.head * K, D, ONE)
    doffsets = Matrix(beside.doffsets, (group * count * here.heads + here.head) * K, D, ONE)
    put_back(devery, dscores, beside.rows, (tokens, n, count), here.start)
    product(transposed(devery), offsets, dq, (n, K, count), ADDED)
    product(devery, q, doffsets, (count, K, n), accumulate or here.start > 0)
