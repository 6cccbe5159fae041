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

What is not in use is None (relative, seen, top_k, mask), and then it is not compiled either: Numba
drops a branch on an argument that is None. So the plain model pays nothing for these options, and
each set of them that is used has a body of its own.
"""

from typing import NamedTuple

from .attention_space import own_space
from .attention_steps import (
    CHUNK,
    FRESH,
    drop_columns,
    dscores_columns,
    product,
    round_columns,
    softmax_columns,
    transpose,
    whole_vectors,
)
from .compiling import jit, shared
from .heads import Heads, ThreeHeads, one_head, three_heads
from .matrix import ONE, ZERO, Matrix, moved, transposed
from .relative import add_relative, offsets_of, relative_backward
from .top_k import keep_largest
from .window import hide_unseen


class Way(NamedTuple):
    """What is the same for all chunks."""

    factor: float  # 1 / sqrt(K)
    groups: int  # backward: groups of images, whose gradients are added up one after the other
    y_for_dy: bool  # backward: y overwrites dy
    rounds: bool  # bf16 is emulated: what is multiplied is rounded; q, k, v and dy are already


class Chunk(NamedTuple):
    """Which queries: of which head, and how many."""

    image: int
    head: int  # of the image
    heads: int  # of each image
    start: int  # the first query
    queries: int
    tokens: int
    K: int


@shared(small_op=True)
def forward_share(
    share, shares, qkv, y, statistics, shape, way, workspace, relative, seen, top_k, mask
):
    """Forward for this share of all chunks. `statistics`: maximum and 1/sum of every query."""
    batch, heads, tokens, K = shape
    qkv, y, way = ThreeHeads(*qkv), Heads(*y), Way(*way)
    space = own_space(share, shares, workspace, tokens, K, offsets_of(relative, heads * K))
    chunks = (tokens + CHUNK - 1) // CHUNK
    units = batch * heads * chunks
    for unit in range(share * units // shares, (share + 1) * units // shares):
        head, start = unit // chunks, unit % chunks * CHUNK
        chunk = Chunk(head // heads, head % heads, heads, start, min(CHUNK, tokens - start), tokens,
                      K)  # fmt: skip
        chunk_forward(qkv, y, statistics, chunk, way, workspace, space, relative, seen, top_k, mask)


@jit(inline="always")
def chunk_forward(qkv, y, statistics, chunk, way, workspace, space, relative, seen, top_k, mask):
    """y and the statistics of a chunk's queries."""
    (row_max, row_scale), n, tokens, K = statistics, chunk.queries, chunk.tokens, chunk.K
    q, k, v = three_of(qkv, chunk)
    wide = whole_vectors(n, workspace)
    scores = Matrix(workspace, space.scores, wide, ONE)
    chunk_scores(q, k, chunk, way.factor, space, scores, relative, seen, top_k)
    softmax_columns(scores, tokens, wide, space.columns)
    probs = scores  # the same memory from here on
    if mask is not None:
        drop_columns(probs, chunk, mask)
    if way.rounds:
        round_columns(probs, tokens, wide, workspace.dtype.type(1))
    product(transposed(probs), v, one_of(y, chunk), (n, K, tokens), FRESH)
    first = first_query(chunk)
    for i in range(n):
        row_max[first + i] = workspace[space.columns + i]
        row_scale[first + i] = workspace[space.columns + CHUNK + i]


@jit(counts=False)
def three_of(qkv, chunk):
    """Of a chunk's head: q, from the chunk's first query on, and k and v."""
    q, k, v = three_heads(qkv, chunk.image * chunk.heads + chunk.head, chunk.heads)
    return moved(q, chunk.start, ZERO), k, v


@jit(counts=False)
def one_of(y, chunk):
    """The same of y, from the chunk's first query on."""
    head = one_head(y, chunk.image * chunk.heads + chunk.head, chunk.heads)
    return moved(head, chunk.start, ZERO)


@jit(counts=False)
def first_query(chunk):
    """Which of all queries of all heads is the chunk's first."""
    return (chunk.image * chunk.heads + chunk.head) * chunk.tokens + chunk.start


@jit(inline="always")
def chunk_scores(q, k, chunk, factor, space, scores, relative, seen, top_k):
    """The scores of a chunk's queries; what a query does not attend to becomes -inf."""
    n, tokens, K, workspace = chunk.queries, chunk.tokens, chunk.K, scores.numbers
    queries = Matrix(workspace, space.queries, scores.row, ONE)
    transpose(q, queries, n, K, factor)
    product(k, queries, scores, (tokens, scores.row, K), FRESH)
    if relative is not None:
        add_relative(scores, queries, chunk, relative, space)
    if seen is not None:
        hide_unseen(scores, seen, tokens, chunk.start, n)
    if top_k is not None:
        keep_largest(scores, tokens, n, top_k, space.column)


@shared(small_op=True)
def backward_share(
    share, shares, qkv, dy, statistics, dqkv, shape, way, workspace, relative, seen, top_k, mask
):
    """Backward for this share of the heads of all groups; with y_for_dy, y overwrites dy."""
    batch, heads, tokens, K = shape
    qkv, dy, dqkv, way = ThreeHeads(*qkv), Heads(*dy), ThreeHeads(*dqkv), Way(*way)
    space = own_space(share, shares, workspace, tokens, K, offsets_of(relative, heads * K))
    units = way.groups * heads
    for unit in range(share * units // shares, (share + 1) * units // shares):
        group = unit // heads
        first_image = group * batch // way.groups
        for image in range(first_image, (group + 1) * batch // way.groups):
            for start in range(0, tokens, CHUNK):
                chunk = Chunk(image, unit % heads, heads, start, min(CHUNK, tokens - start), tokens,
                              K)  # fmt: skip
                chunk_backward(qkv, dy, statistics, dqkv, chunk, way, workspace, space, relative,
                               seen, top_k, mask)  # fmt: skip
                if relative is not None:
                    q, dq = three_of(qkv, chunk)[0], three_of(dqkv, chunk)[0]
                    relative_backward(q, dq, chunk, group, image > first_image, relative,
                                      workspace, space)  # fmt: skip


@jit(inline="always")
def chunk_backward(
    qkv, dy, statistics, dqkv, chunk, way, workspace, space, relative, seen, top_k, mask
):
    """dq of a chunk's queries, and what they add to dk and dv; with y_for_dy, y overwrites dy."""
    q, k, v = three_of(qkv, chunk)
    (dq, dk, dv), dy, first = three_of(dqkv, chunk), one_of(dy, chunk), first_query(chunk)
    for i in range(chunk.queries):
        workspace[space.columns + i] = statistics[0][first + i]
        workspace[space.columns + CHUNK + i] = statistics[1][first + i]
    n, tokens, K, accumulate = chunk.queries, chunk.tokens, chunk.K, chunk.start > 0
    wide, unscaled = whole_vectors(n, workspace), workspace.dtype.type(1)
    scores = Matrix(workspace, space.scores, wide, ONE)
    dprobs = Matrix(workspace, space.dscores, wide, ONE)
    chunk_scores(q, k, chunk, way.factor, space, scores, relative, seen, top_k)
    upstream = Matrix(workspace, space.queries, wide, ONE)
    transpose(dy, upstream, n, K, unscaled)
    product(v, upstream, dprobs, (tokens, wide, K), FRESH)
    if mask is not None:
        drop_columns(dprobs, chunk, mask)
    factor = unscaled if way.rounds else way.factor  # after the rounding
    dscores_columns(scores, dprobs, tokens, wide, space.columns, factor)
    probs, dscores = scores, dprobs  # the same memory again
    if mask is not None:
        drop_columns(probs, chunk, mask)
    if way.rounds:
        round_columns(probs, tokens, wide, unscaled)
        round_columns(dscores, tokens, wide, way.factor)
    product(probs, dy, dv, (tokens, K, n), accumulate)
    product(dscores, q, dk, (tokens, K, n), accumulate)
    product(transposed(dscores), k, dq, (n, K, tokens), FRESH)
    if way.y_for_dy:  # nobody needs this chunk of dy any more
        product(transposed(probs), v, dy, (n, K, tokens), FRESH)
