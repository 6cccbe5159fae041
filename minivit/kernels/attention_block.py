"""Attention's blocks: what one thread does for its queries (forward) and heads (backward).

A block is at most BLOCK queries of one head against all its keys. Its scores are kept TRANSPOSED,
scores[j, i] = k_j . q_i, one query a column: then a vector register holds LANES queries, and
softmax's maximum and sum run down the columns, lane by lane, without ever summing across a
register. The block goes through the cache once:

    q^T   (K, block)   the queries, scaled and turned          scores (T, block) = k q^T
    probs (T, block)   softmax down the columns, in place      y  (block, K) = probs^T v

Backward the probabilities come back from a new k q^T and two numbers per query, and then

    dprobs = v dy^T                delta_i = sum_j probs[j, i] dprobs[j, i]
    dv += probs dy                 dscores = probs (dprobs - delta) / sqrt(K)
    dk += dscores q                dq = dscores^T k
    y   = probs^T v                once more, if it is wanted: it takes the place of dy

Memory: T x BLOCK numbers, backward twice as many. Per head 4 T^2 K operations forward, 10 T^2 K
backward (12 with y), and T^2 exponentials each. Arrays are flat; a place is (batch stride, head
stride, token stride, first element of each array), counted in elements.
"""

import numpy as np

from .compiling import jit
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

BLOCK = 64  # queries in a block
ROWS = 6  # rows of a product's tile
WIDE = 2 if VECTOR_BYTES == 32 else 4  # and its vectors of columns: AVX2 has registers for 2

# Numba compiles a callee again for each pattern of literals: 0, 1 and False that are no literals.
TYPED = np.intp(0), np.intp(1), np.bool_(False)


@jit
def origin(head, heads, place):
    """Where this one of the batch x heads begins, before the array's own first offset place[3:]."""
    return head // heads * place[0] + head % heads * place[1]


def forward_share(first_unit, last_unit, q, k, v, place, y, y_place, row_max, row_scale,
                  dq, dk, dv, d_place, shape, factor, y_for_dy):  # fmt: skip
    """Forward for these units; a unit is a block of queries of one head."""
    _, heads, tokens, depth = shape
    row, y_row = place[2], y_place[2]
    lanes, blocks = VECTOR_BYTES // q.itemsize, (tokens + BLOCK - 1) // BLOCK
    zero, one, fresh = TYPED
    turned = np.empty((depth + lanes) * BLOCK, q.dtype)
    scores = np.empty(tokens * BLOCK, q.dtype)
    column_max, column_scale = np.empty(BLOCK, q.dtype), np.empty(BLOCK, q.dtype)
    for unit in range(first_unit, last_unit):
        head, start = unit // blocks, unit % blocks * BLOCK
        at = origin(head, heads, place)
        y_at = origin(head, heads, y_place) + y_place[3] + start * y_row
        n = min(BLOCK, tokens - start)
        wide = (n + lanes - 1) // lanes * lanes
        transpose(n, depth, q, at + place[3] + start * row, row, factor, turned, wide)
        product(tokens, wide, depth, k, at + place[4], row, one, turned, zero, wide,
                scores, zero, wide, fresh)  # fmt: skip
        softmax_columns(scores, tokens, wide, column_max, column_scale)
        product(n, depth, tokens, scores, zero, one, wide, v, at + place[5], row,
                y, y_at, y_row, fresh)  # fmt: skip
        for i in range(n):
            row_max[head * tokens + start + i] = column_max[i]
            row_scale[head * tokens + start + i] = column_scale[i]


def backward_share(first_head, last_head, q, k, v, place, dy, dy_place, row_max, row_scale,
                   dq, dk, dv, d_place, shape, factor, y_for_dy):  # fmt: skip
    """Backward for these heads, block by block; with y_for_dy, y takes dy's place."""
    _, heads, tokens, depth = shape
    row, d_row, dy_row = place[2], d_place[2], dy_place[2]
    lanes, unscaled = VECTOR_BYTES // q.itemsize, q.dtype.type(1)
    zero, one, fresh = TYPED
    turned = np.empty((depth + lanes) * BLOCK, q.dtype)
    scores, dscores = np.empty(tokens * BLOCK, q.dtype), np.empty(tokens * BLOCK, q.dtype)
    column_max, column_scale = np.zeros(BLOCK, q.dtype), np.zeros(BLOCK, q.dtype)
    for head in range(first_head, last_head):
        at, d_at = origin(head, heads, place), origin(head, heads, d_place)
        q_at, k_at, v_at = at + place[3], at + place[4], at + place[5]
        dq_at, dk_at, dv_at = d_at + d_place[3], d_at + d_place[4], d_at + d_place[5]
        dy_at = origin(head, heads, dy_place) + dy_place[3]
        for start in range(0, tokens, BLOCK):
            n = min(BLOCK, tokens - start)
            wide = (n + lanes - 1) // lanes * lanes
            for i in range(n):
                column_max[i] = row_max[head * tokens + start + i]
                column_scale[i] = row_scale[head * tokens + start + i]
            q_from, dq_from = q_at + start * row, dq_at + start * d_row
            dy_from = dy_at + start * dy_row
            transpose(n, depth, q, q_from, row, factor, turned, wide)
            product(tokens, wide, depth, k, k_at, row, one, turned, zero, wide,
                    scores, zero, wide, fresh)  # fmt: skip
            transpose(n, depth, dy, dy_from, dy_row, unscaled, turned, wide)
            product(tokens, wide, depth, v, v_at, row, one, turned, zero, wide,
                    dscores, zero, wide, fresh)  # fmt: skip
            dscores_columns(scores, dscores, tokens, wide, column_max, column_scale, factor)
            product(tokens, depth, n, scores, zero, wide, one, dy, dy_from, dy_row,
                    dv, dv_at, d_row, start > 0)  # fmt: skip
            product(tokens, depth, n, dscores, zero, wide, one, q, q_from, row,
                    dk, dk_at, d_row, start > 0)  # fmt: skip
            product(n, depth, tokens, dscores, zero, one, wide, k, k_at, row,
                    dq, dq_from, d_row, fresh)  # fmt: skip
            if y_for_dy:  # nobody needs this block of dy any more
                product(n, depth, tokens, scores, zero, one, wide, v, v_at, row,
                        dy, dy_from, dy_row, fresh)  # fmt: skip


@jit
def product(m, n, depth, a, a_offset, a_row, a_k, b, b_offset, b_k,
            c, c_offset, c_row, accumulate):  # fmt: skip
    """c (m, n) = (accumulate ? c : 0) + a (m, depth) b (depth, n), with the operands in place."""
    noinline()
    lanes = VECTOR_BYTES // a.itemsize
    j = 0
    while j < n:
        left = n - j
        vectors = WIDE if left >= WIDE * lanes else 2 if left >= 2 * lanes else 1
        width, b_at = min(vectors * lanes, left), b_offset + j
        for i in range(0, m, ROWS):
            a_at, c_at, height = a_offset + i * a_row, c_offset + i * c_row + j, min(ROWS, m - i)
            if vectors == WIDE:
                tile_within(ROWS, WIDE, a, a_at, a_row, a_k, b, b_at, b_k, c, c_at, c_row,
                            height, width, depth, accumulate)  # fmt: skip
            elif vectors == 2:
                tile_within(ROWS, 2, a, a_at, a_row, a_k, b, b_at, b_k, c, c_at, c_row,
                            height, width, depth, accumulate)  # fmt: skip
            else:
                tile_within(ROWS, 1, a, a_at, a_row, a_k, b, b_at, b_k, c, c_at, c_row,
                            height, width, depth, accumulate)  # fmt: skip
        j += width


@jit
def transpose(rows, columns, a, a_offset, a_row, factor, out, out_row):
    """out[c, r] = factor a[r, c], out_row numbers a row; each row filled up to a whole vector."""
    noinline()
    lanes = VECTOR_BYTES // a.itemsize
    for r in range(0, rows, lanes):
        for c in range(0, columns, lanes):
            transpose_square(out, c * out_row + r, out_row, a, a_offset + r * a_row + c, a_row,
                      rows - r, columns - c, factor)  # fmt: skip


@jit
def softmax_columns(scores, keys, stride, column_max, column_scale):
    """Each column of scores (keys, stride) becomes its softmax, LANES columns at a time."""
    noinline()
    lanes, one = VECTOR_BYTES // scores.itemsize, scores.dtype.type(1)
    for i in range(0, stride, lanes):
        largest = load(scores, i)
        for j in range(1, keys):
            largest = vector_maximum(load(scores, j * stride + i), largest)
        first = vector_exp(load(scores, i) - largest)
        store(scores, i, first)
        total = first
        for j in range(1, keys):
            e = vector_exp(load(scores, j * stride + i) - largest)
            store(scores, j * stride + i, e)
            total = total + e
        store(column_max, i, largest)
        scale = broadcast(one) / total
        store(column_scale, i, scale)
        for j in range(keys):
            store(scores, j * stride + i, load(scores, j * stride + i) * scale)


@jit
def dscores_columns(scores, dprobs, keys, stride, column_max, column_scale, factor):
    """scores become probs again; dprobs become dscores = factor probs (dprobs - delta)."""
    noinline()
    lanes = VECTOR_BYTES // scores.itemsize
    for i in range(0, stride, lanes):
        largest, scale = load(column_max, i), load(column_scale, i)
        delta = broadcast(factor - factor)
        for j in range(keys):
            prob = vector_exp(load(scores, j * stride + i) - largest) * scale
            store(scores, j * stride + i, prob)
            delta = delta + prob * load(dprobs, j * stride + i)
        for j in range(keys):
            at = j * stride + i
            store(dprobs, at, load(scores, at) * (load(dprobs, at) - delta) * broadcast(factor))
