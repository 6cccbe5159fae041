"""Scaled dot-product attention, forward and backward, on tiles: y = softmax(q k^T / sqrt(K)) v for every batch and head.

How it is tiled. One block is at most 64 queries of one head against all its keys. Its scores are kept TRANSPOSED,
scores[j, i] = k_j . q_i, one query a column: then a vector register holds LANES queries, and softmax's maximum and sum
run down the columns, lane by lane, without ever summing across a register. The block goes through the cache once:

    q^T   (K, block)   the queries, scaled and turned          scores (T, block) = k q^T
    probs (T, block)   softmax down the columns, in place      y  (block, K) = probs^T v

The backward keeps no probabilities: two numbers per query, the maximum of its scores and one over the sum of their
exponentials, give them back from a new k q^T. Per block:

    dprobs = v dy^T        delta_i = sum_j probs[j, i] dprobs[j, i]        dscores = probs (dprobs - delta) / sqrt(K)
    dv += probs dy         dk += dscores q                                 dq = dscores^T k

q, k, v and the results are read and written in place through their strides (in the model they are slices of one qkv
buffer); only q^T and dy^T are copied. Memory: T x 64 numbers (backward: twice) per thread.
Cost per head: 4 T^2 K floating-point operations forward, 10 T^2 K backward, and T^2 exponentials each.

What is threaded: forward the blocks, each on its own; backward the heads, for the blocks of a head add up dk and dv, in order.
Results are the same bits for any number of threads.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import get_num_threads, prange, typeof

from .compile import address_of, jit, parallel_jit
from .registers import exp, load, maximum, own_function, spread, store, tile_within, transpose
from .simd import VECTOR_BYTES, call

BLOCK = 64  # queries in a block
ROWS = 6  # rows of a product's tile
WIDE = 2 if VECTOR_BYTES == 32 else 4  # and its vectors of columns: AVX2 has registers for 2, AVX-512 and NEON for 4


# Numba compiles a callee again for each pattern of literal arguments: 0, 1 and False that are no literals.
TYPED = np.intp(0), np.intp(1), np.bool_(False)


class AttentionCache(NamedTuple):
    q: np.ndarray  # (B, H, T, K), as given, like k and v
    k: np.ndarray
    v: np.ndarray
    row_max: np.ndarray  # (B, H, T)  the largest score of each query
    row_scale: np.ndarray  # (B, H, T)  1 / sum_j exp(score_j - row_max)

    @property
    def probs(self):
        """(B, H, T, T), rebuilt for whoever wants to see them."""
        scores = self.q @ self.k.swapaxes(-1, -2) / math.sqrt(self.q.shape[-1])
        return np.exp(scores - self.row_max[..., None]) * self.row_scale[..., None]


# --- the pieces of a block -----------------------------------------------------------------------


@jit
def product(m, n, depth, a, a_offset, a_row, a_k, b, b_offset, b_k, c, c_offset, c_row, accumulate):
    """c (m, n) = (accumulate ? c : 0) + a (m, depth) b (depth, n), operands in place, in tiles of ROWS x WIDE vectors."""
    own_function()
    lanes = VECTOR_BYTES // a.itemsize
    j = 0
    while j < n:
        left = n - j
        width = WIDE * lanes if left >= WIDE * lanes else 2 * lanes if left >= 2 * lanes else min(left, lanes)
        for i in range(0, m, ROWS):
            a_at, b_at, c_at, height = a_offset + i * a_row, b_offset + j, c_offset + i * c_row + j, min(ROWS, m - i)
            if width == WIDE * lanes:
                tile_within(ROWS, WIDE, a, a_at, a_row, a_k, b, b_at, b_k, c, c_at, c_row, height, width, depth, accumulate)
            elif width == 2 * lanes:
                tile_within(ROWS, 2, a, a_at, a_row, a_k, b, b_at, b_k, c, c_at, c_row, height, width, depth, accumulate)
            else:
                tile_within(ROWS, 1, a, a_at, a_row, a_k, b, b_at, b_k, c, c_at, c_row, height, width, depth, accumulate)
        j += width


@jit
def turn(rows, columns, a, a_offset, a_row, factor, out, out_row):
    """out[c, r] = factor a[r, c], out_row numbers a row; a row of out is filled up to a whole vector."""
    own_function()
    lanes = VECTOR_BYTES // a.itemsize
    for r in range(0, rows, lanes):
        for c in range(0, columns, lanes):
            height, width = min(lanes, rows - r), min(lanes, columns - c)
            transpose(a, a_offset + r * a_row + c, a_row, height, width, factor, out, c * out_row + r, out_row)


@jit
def softmax_columns(scores, keys, stride, column_max, column_scale):
    """Each column of scores (keys, stride) becomes its softmax; LANES columns at a time."""
    own_function()
    lanes, one = VECTOR_BYTES // scores.itemsize, scores.dtype.type(1)
    for i in range(0, stride, lanes):
        largest = load(scores, i)
        for j in range(1, keys):
            largest = maximum(load(scores, j * stride + i), largest)
        first = exp(load(scores, i) - largest)
        store(scores, i, first)
        total = first
        for j in range(1, keys):
            e = exp(load(scores, j * stride + i) - largest)
            store(scores, j * stride + i, e)
            total = total + e
        store(column_max, i, largest)
        scale = spread(one) / total
        store(column_scale, i, scale)
        for j in range(keys):
            store(scores, j * stride + i, load(scores, j * stride + i) * scale)


@jit
def dscores_columns(scores, dprobs, keys, stride, column_max, column_scale, factor):
    """scores become probs again; dprobs become dscores = factor probs (dprobs - delta). LANES columns at a time."""
    own_function()
    lanes = VECTOR_BYTES // scores.itemsize
    for i in range(0, stride, lanes):
        largest, scale = load(column_max, i), load(column_scale, i)
        delta = spread(factor - factor)
        for j in range(keys):
            prob = exp(load(scores, j * stride + i) - largest) * scale
            store(scores, j * stride + i, prob)
            delta = delta + prob * load(dprobs, j * stride + i)
        for j in range(keys):
            at = j * stride + i
            store(dprobs, at, load(scores, at) * (load(dprobs, at) - delta) * spread(factor))


# --- what one thread does, and the threads --------------------------------------------------------


@jit
def origin(head, heads, place):
    """Where this one of the batch x heads begins, before the array's own first offset place[3:]."""
    return head // heads * place[0] + head % heads * place[1]


def forward_share(first_unit, last_unit, q, k, v, place, y, y_place, row_max, row_scale,
                  dq, dk, dv, d_place, shape, factor):  # fmt: skip
    """Forward for these units; a unit is a block of queries of one head."""
    _, heads, tokens, depth = shape
    row, y_row = place[2], y_place[2]
    lanes, blocks = VECTOR_BYTES // q.itemsize, (tokens + BLOCK - 1) // BLOCK
    zero, one, fresh = TYPED
    turned, scores = np.empty((depth + lanes) * BLOCK, q.dtype), np.empty(tokens * BLOCK, q.dtype)
    column_max, column_scale = np.empty(BLOCK, q.dtype), np.empty(BLOCK, q.dtype)
    for unit in range(first_unit, last_unit):
        head, start = unit // blocks, unit % blocks * BLOCK
        at, y_at = origin(head, heads, place), origin(head, heads, y_place) + y_place[3] + start * y_row
        n = min(BLOCK, tokens - start)
        wide = (n + lanes - 1) // lanes * lanes
        turn(n, depth, q, at + place[3] + start * row, row, factor, turned, wide)
        product(tokens, wide, depth, k, at + place[4], row, one, turned, zero, wide, scores, zero, wide, fresh)
        softmax_columns(scores, tokens, wide, column_max, column_scale)
        product(n, depth, tokens, scores, zero, one, wide, v, at + place[5], row, y, y_at, y_row, fresh)
        for i in range(n):
            row_max[head * tokens + start + i] = column_max[i]
            row_scale[head * tokens + start + i] = column_scale[i]


def backward_share(first_head, last_head, q, k, v, place, dy, dy_place, row_max, row_scale,
                   dq, dk, dv, d_place, shape, factor):  # fmt: skip
    """Backward for these heads, block of queries by block."""
    _, heads, tokens, depth = shape
    row, d_row, dy_row = place[2], d_place[2], dy_place[2]
    lanes, unscaled = VECTOR_BYTES // q.itemsize, q.dtype.type(1)
    zero, one, fresh = TYPED
    turned = np.empty((depth + lanes) * BLOCK, q.dtype)
    scores, dscores = np.empty(tokens * BLOCK, q.dtype), np.empty(tokens * BLOCK, q.dtype)
    column_max, column_scale = np.zeros(BLOCK, q.dtype), np.zeros(BLOCK, q.dtype)
    for head in range(first_head, last_head):
        at, d_at, dy_at = origin(head, heads, place), origin(head, heads, d_place), origin(head, heads, dy_place)
        q_at, k_at, v_at = at + place[3], at + place[4], at + place[5]
        dk_at, dv_at = d_at + d_place[4], d_at + d_place[5]
        for start in range(0, tokens, BLOCK):
            n = min(BLOCK, tokens - start)
            wide = (n + lanes - 1) // lanes * lanes
            for i in range(n):
                column_max[i] = row_max[head * tokens + start + i]
                column_scale[i] = row_scale[head * tokens + start + i]
            q_from, dy_from = q_at + start * row, dy_at + dy_place[3] + start * dy_row
            dq_from = d_at + d_place[3] + start * d_row
            turn(n, depth, q, q_from, row, factor, turned, wide)
            product(tokens, wide, depth, k, k_at, row, one, turned, zero, wide, scores, zero, wide, fresh)
            turn(n, depth, dy, dy_from, dy_row, unscaled, turned, wide)
            product(tokens, wide, depth, v, v_at, row, one, turned, zero, wide, dscores, zero, wide, fresh)
            dscores_columns(scores, dscores, tokens, wide, column_max, column_scale, factor)
            product(tokens, depth, n, scores, zero, wide, one, dy, dy_from, dy_row, dv, dv_at, d_row, start > 0)
            product(tokens, depth, n, dscores, zero, wide, one, q, q_from, row, dk, dk_at, d_row, start > 0)
            product(n, depth, tokens, dscores, zero, one, wide, k, k_at, row, dq, dq_from, d_row, fresh)


@parallel_jit
def _shared_out(units, shares, body, q, k, v, place, y, y_place, row_max, row_scale, dq, dk, dv, d_place, shape, factor):
    """forward_share or backward_share (by its address) on every thread, each for its part of the units.

    Arrays are flat; a place is (batch stride, head stride, token stride, first element of each array), in elements.
    """
    for share in prange(shares):
        first, last = np.intp(share) * units // shares, (np.intp(share) + 1) * units // shares
        call(body, (first, last, q, k, v, place, y, y_place, row_max, row_scale, dq, dk, dv, d_place, shape, factor))


# --- the public pair -----------------------------------------------------------------------------


def _placed(*arrays):
    """The flat memory behind each of these views, which have the same strides; and their place in it."""
    size, owners, firsts = arrays[0].itemsize, [], []
    for x in arrays:
        owner = x if x.base is None else x.base
        if type(owner) is not np.ndarray or owner.dtype != x.dtype or not owner.flags.c_contiguous:
            reach = 1 + sum((n - 1) * s for n, s in zip(x.shape, x.strides)) // size
            owner = np.lib.stride_tricks.as_strided(x, (reach if x.size else 0,), (size,))
        owners.append(owner.reshape(-1))
        firsts.append((x.ctypes.data - owner.ctypes.data) // size)
    batch, head, token, _ = arrays[0].strides
    return *owners, (batch // size, head // size, token // size, *firsts)


def _alike(*arrays):
    """The arrays as they are where a kernel can walk them together, else as contiguous copies."""
    first = arrays[0].strides
    in_place = first[-1] == arrays[0].itemsize and min(first) > 0 and all(a.strides == first for a in arrays)
    return arrays if in_place else tuple(np.ascontiguousarray(a) for a in arrays)


def _run(share, units, *arguments):
    key = share, arguments[0].dtype
    if key not in _bodies:
        _bodies[key] = address_of(share, *map(typeof, (0, 0, *arguments)))
    _shared_out(units, get_num_threads(), _bodies[key], *arguments)


_bodies = {}  # (share, dtype): its address


def attention_forward(q, k, v):
    """y = softmax(q k^T / sqrt(K)) v.

    q, k, v (B, H, T, K), any strides (read in place where the last is 1 and the three are alike)
    -> y (B, H, T, K), a new contiguous array; threaded over blocks of queries.
    """
    y = np.empty(q.shape, q.dtype)
    return y, _attention_into(y, q, k, v)


def _attention_into(y, q, k, v):
    """Writes y through its strides (last one 1); returns the cache."""
    q, k, v = _alike(q, k, v)
    batch, heads, tokens, depth = q.shape
    row_max, row_scale = np.empty((2, batch, heads, tokens), q.dtype)
    y, y_place = _placed(y)
    _run(forward_share, batch * heads * ((tokens + BLOCK - 1) // BLOCK), *_placed(q, k, v), y, y_place,
         row_max.reshape(-1), row_scale.reshape(-1), y, y, y, 2 * y_place[:3], q.shape, _factor(q))  # fmt: skip
    return AttentionCache(q, k, v, row_max, row_scale)


def attention_backward(dy, cache):
    """dq, dk, dv of y = probs v, probs = softmax(scores), scores = q k^T / sqrt(K).

    dv = probs^T dy; dprobs = dy v^T; dscores = probs (dprobs - sum_j probs dprobs);
    dq = dscores k / sqrt(K); dk = dscores^T q / sqrt(K).
    dy (B, H, T, K), any strides -> dq, dk, dv (B, H, T, K), new contiguous arrays; threaded over heads.
    """
    dq, dk, dv = np.empty((3, *dy.shape), dy.dtype)
    _attention_backward_into(dq, dk, dv, dy, cache)
    return dq, dk, dv


def _attention_backward_into(dq, dk, dv, dy, cache):
    """Writes dq, dk and dv through their strides, which are alike (last one 1)."""
    (dy,), q = _alike(dy), cache.q
    _run(backward_share, q.shape[0] * q.shape[1], *_placed(q, cache.k, cache.v), *_placed(dy),
         cache.row_max.reshape(-1), cache.row_scale.reshape(-1), *_placed(dq, dk, dv), q.shape, _factor(q))  # fmt: skip


def _factor(q):
    return q.dtype.type(1 / math.sqrt(q.shape[-1]))
