"""Attention, y = softmax(q k^T / sqrt(K)) v, the twin of `minivit.ops.attention`.

It is computed in chunks of 64 queries, whose scores never leave the cache (attention_chunk.py). So
memory grows with T, not with T^2. Two numbers per query are kept for the backward, which computes
the probabilities again: the maximum of its scores, and one over the sum of their exponentials.

q, k, v and the results are read and written in place through their strides (in the model they are
slices of one qkv buffer). Only the queries and dy are copied, chunk by chunk.

The forward is threaded over chunks. The backward is threaded over heads, since the chunks of a head
add up dk and dv, in order: the same bits for any number of threads. With `top_k` the best keys of
each query are searched for: about 3 T steps a query (top_k.py), forward and backward. With dropout
the mask of a chunk's probabilities is drawn as they are made, again in the backward.
"""

import functools
import math
from typing import NamedTuple

import numpy as np
from numba import get_num_threads, prange, types
from numba.np.numpy_support import from_dtype

from minivit.errors import InputError
from minivit.ops.attention import PLAIN, check_top_k, only_largest

from .attention_chunk import backward_share, forward_share, room
from .attention_steps import CHUNK
from .compiling import address_of, parallel_jit
from .dropout import Mask, mask_of
from .inputs import like, need_shape, reals, upstream, writeable
from .simd import call


class AttentionCache(NamedTuple):
    q: np.ndarray  # (B, H, T, K), as given, or a contiguous copy in its dtype; so are k and v
    k: np.ndarray
    v: np.ndarray
    row_max: np.ndarray  # (B, H, T)  the largest score of each query
    row_scale: np.ndarray  # (B, H, T)  1 / sum_j exp(score_j - row_max)
    top_k: int  # keys that a query attends to, of T
    mask: Mask | None  # which probabilities are kept; None: all of them

    @property
    def probs(self):
        """(B, H, T, T), before any is dropped, rebuilt for whoever wants to see them."""
        scores = self.q @ self.k.swapaxes(-1, -2) / math.sqrt(self.q.shape[-1])
        scores = only_largest(scores, self.top_k)
        return np.exp(scores - self.row_max[..., None]) * self.row_scale[..., None]


def attention_forward(q, k, v, *, options=PLAIN, drop=None):
    """y = softmax(q k^T / sqrt(K)) v.

    All three have one shape: there are as many keys and values as queries.
    q, k, v (B, H, T, K), any strides (read in place where the last is 1 and the three are alike)
    -> y (B, H, T, K), a new contiguous array; threaded over chunks of queries.
    """
    q, k, v = reals(q=q, k=k, v=v)
    if q.ndim != 4:
        raise InputError(f"q has the shape {q.shape}, and (B, H, T, K) is needed here")
    need_shape("k", k, q.shape)
    need_shape("v", v, q.shape)
    y = np.empty(q.shape, q.dtype)
    return y, _attention_into(y, q, k, v, options, mask_of(drop, np.arange(len(q)), q.dtype))


def _attention_into(y, q, k, v, options=PLAIN, mask=None):
    """Writes y through its strides (last one 1); returns the cache."""
    q, k, v = _alike(q, k, v)
    batch, heads, tokens, _ = q.shape
    check_top_k(options.top_k, tokens)
    row_max, row_scale = np.empty((2, batch, heads, tokens), q.dtype)
    statistics = row_max.reshape(-1), row_scale.reshape(-1)
    shares, workspace = _shares(q, batch * heads * ((tokens + CHUNK - 1) // CHUNK), 1)
    body = _address(forward_share, q.dtype)
    way, drawn = (_factor(q), options.top_k or tokens, False), _drawn_by(mask, q.dtype)
    _forward(body, shares, _heads(q, k, v), _heads(y), statistics, q.shape, way, drawn, workspace)
    return AttentionCache(q, k, v, row_max, row_scale, way[1], mask)


def attention_backward(dy, cache):
    """dq, dk, dv of y = probs v, probs = softmax(scores), scores = q k^T / sqrt(K).

    dv = probs^T dy; dprobs = dy v^T; dscores = probs (dprobs - sum_j probs dprobs);
    dq = dscores k / sqrt(K); dk = dscores^T q / sqrt(K).
    dy (B, H, T, K), any strides -> dq, dk, dv (B, H, T, K), new arrays; threaded over heads.
    """
    dy = writeable(upstream(dy, cache.q.dtype))
    need_shape("dy", dy, cache.q.shape)
    dq, dk, dv = np.empty((3, *dy.shape), dy.dtype)
    _attention_backward_into(dq, dk, dv, dy, cache)
    return dq, dk, dv


def _attention_backward_into(dq, dk, dv, dy, cache, *, y_for_dy=False):
    """Writes dq, dk and dv through their strides, which are alike (last one 1).

    With `y_for_dy` the forward's y is made again and overwrites dy. Then dy is the caller's own:
    writeable, in q's dtype, and contiguous, or the heads of a contiguous (B, T, D).
    """
    q = cache.q
    if y_for_dy:
        assert dy.flags.writeable and dy.dtype == q.dtype, "y would end up in a copy of dy"
    else:
        (dy,) = _alike(dy)
    statistics = cache.row_max.reshape(-1), cache.row_scale.reshape(-1)
    shares, workspace = _shares(q, q.shape[0] * q.shape[1], 2)
    body = _address(backward_share, q.dtype)
    way, drawn = (_factor(q), cache.top_k, y_for_dy), _drawn_by(cache.mask, q.dtype)
    _backward(body, shares, _heads(q, cache.k, cache.v), _heads(dy), statistics, _heads(dq, dk, dv),
              q.shape, way, drawn, workspace)  # fmt: skip


def _factor(q):
    return q.dtype.type(1 / math.sqrt(q.shape[-1]))


def _drawn_by(mask, dtype):
    """A Mask's fields; without keys where there is none."""
    return (np.empty(0, np.uint32), np.uint32(0), dtype.type(1)) if mask is None else tuple(mask)


def _shares(q, units, matrices):
    """How many threads share the units, and workspace for all of them."""
    shares = min(get_num_threads(), units)
    return shares, np.empty(shares * room(*q.shape[2:], q.itemsize, matrices) + 64, q.dtype)


def _heads(*arrays):
    """The fields of `Heads` for one view, of `ThreeHeads` for three with the same strides.

    Compiled code takes a flat contiguous array and an offset: the array that x is a view of (its
    `base`), if that is one; else the stretch of memory that x spans.
    """
    size, owners, firsts = arrays[0].itemsize, [], []
    for x in arrays:
        owner = x if x.base is None else x.base
        if type(owner) is not np.ndarray or owner.dtype != x.dtype or not owner.flags.c_contiguous:
            last = sum((n - 1) * s for n, s in zip(x.shape, x.strides, strict=True))
            reach = 1 + last // size
            owner = np.lib.stride_tricks.as_strided(x, (reach if x.size else 0,), (size,))
        owners.append(owner.reshape(-1))
        firsts.append((x.ctypes.data - owner.ctypes.data) // size)
    batch, head, token, _ = arrays[0].strides
    return *owners, *firsts, batch // size, head // size, token // size


def _alike(*arrays):
    """The arrays as they are if one set of strides fits a kernel, else as contiguous copies."""
    dtype, strides = arrays[0].dtype, arrays[0].strides
    walkable = strides[-1] == arrays[0].itemsize and min(strides) > 0
    if walkable and all((a.strides, a.dtype) == (strides, dtype) for a in arrays):
        return arrays
    return like(arrays[0], *arrays)


@functools.cache
def _address(share, dtype):
    """The address of forward_share or backward_share, compiled."""
    numbers, n, real = types.Array(from_dtype(dtype), 1, "C"), types.intp, from_dtype(dtype)
    one, three = types.Tuple((numbers, *[n] * 4)), types.Tuple((*[numbers] * 3, *[n] * 6))
    pair, shape = types.UniTuple(numbers, 2), types.UniTuple(n, 4)
    way = types.Tuple((real, n, types.boolean))
    mask = types.Tuple((types.Array(types.uint32, 1, "C"), types.uint32, real))
    if share is forward_share:
        return address_of(share, n, n, three, one, pair, shape, way, mask, numbers)
    return address_of(share, n, n, three, one, pair, three, shape, way, mask, numbers)


@parallel_jit
def _forward(body, shares, qkv, y, statistics, shape, way, mask, workspace):
    """Calls forward_share, by its address, on every thread."""
    for share in prange(shares):
        call(body, (np.intp(share), shares, qkv, y, statistics, shape, way, mask, workspace))


@parallel_jit
def _backward(body, shares, qkv, dy, statistics, dqkv, shape, way, mask, workspace):
    """Calls backward_share, by its address, on every thread."""
    for share in prange(shares):
        call(body, (np.intp(share), shares, qkv, dy, statistics, dqkv, shape, way, mask, workspace))
