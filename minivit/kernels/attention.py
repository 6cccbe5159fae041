"""Attention, y = softmax(q k^T / sqrt(K)) v, the twin of `minivit.ops.attention`.

It is computed in chunks of 64 queries, whose scores never leave the cache (attention_chunk.py). So
memory grows with T, not with T^2. Two numbers per query are kept for the backward, which computes
the probabilities again: the maximum of its scores, and one over the sum of their exponentials.

q, k, v and the results are read and written in place through their strides (in the model they are
slices of one qkv buffer). Only the queries and dy are copied, chunk by chunk.

The forward is threaded over chunks. The backward is threaded over heads, since the chunks of a head
add up dk and dv, in order: the same bits for any number of threads. With `top_k` the best keys of
each query are searched for: about 3 T steps a query (top_k.py), forward and backward. With dropout
the mask of a chunk's probabilities is drawn as they are made, again in the backward. With relative
positions images are taken together in groups (attention_chunk.py).
"""

import functools
import math
from typing import NamedTuple

import numpy as np
from numba import get_num_threads, prange, types
from numba.np.numpy_support import from_dtype

from minivit.errors import InputError
from minivit.ops.attention import PLAIN, AttentionOptions, check_top_k, only_attended
from minivit.ops.relative import offset_rows, relative_scores
from minivit.ops.window import seen_keys

from .attention_chunk import backward_share, forward_share
from .attention_space import room
from .attention_steps import CHUNK
from .compiling import address_of, parallel_jit
from .dropout import Mask, mask_of
from .heads import alike, heads_of
from .inputs import like, need_shape, reals, upstream, writeable
from .simd import call

GROUPS = 16  # of images, at most: so much memory the gradients of relative positions take
ALL_SEEN, NO_ROWS = np.empty(0, np.bool_), np.empty(0, np.intp)
NO_KEYS = np.empty(0, np.uint32)


class AttentionCache(NamedTuple):
    q: np.ndarray  # (B, H, T, K), as given, or a contiguous copy in its dtype; so are k and v
    k: np.ndarray
    v: np.ndarray
    row_max: np.ndarray  # (B, H, T)  the largest score of each query
    row_scale: np.ndarray  # (B, H, T)  1 / sum_j exp(score_j - row_max)
    offsets: np.ndarray | None  # (H, 2T or 2T - 1, K), the heads of a contiguous (2T, D)
    options: AttentionOptions
    mask: Mask | None  # which probabilities are kept; None: all of them

    @property
    def probs(self):
        """(B, H, T, T), before any is dropped, rebuilt for whoever wants to see them."""
        scores = self.q @ self.k.swapaxes(-1, -2) / math.sqrt(self.q.shape[-1])
        if self.offsets is not None:
            scores += relative_scores(self.q, self.offsets)
        scores = only_attended(scores, self.options)
        return np.exp(scores - self.row_max[..., None]) * self.row_scale[..., None]


def attention_forward(q, k, v, offsets=None, *, options=PLAIN, drop=None):
    """y = softmax(q k^T / sqrt(K)) v.

    All three have one shape: there are as many keys and values as queries.
    q, k, v (B, H, T, K), any strides (read in place where the last is 1 and the three are alike),
    offsets (H, 2T or 2T - 1, K) or None -> y (B, H, T, K), a new contiguous array; threaded over
    chunks of queries.
    """
    q, k, v, offsets = reals(q=q, k=k, v=v, offsets=offsets)
    if q.ndim != 4:
        raise InputError(f"q has the shape {q.shape}, and (B, H, T, K) is needed here")
    need_shape("k", k, q.shape)
    need_shape("v", v, q.shape)
    y = np.empty(q.shape, q.dtype)
    mask = mask_of(drop, np.arange(len(q)), q.dtype)
    return y, _attention_into(y, q, k, v, offsets, options, mask)


def _attention_into(y, q, k, v, offsets=None, options=PLAIN, mask=None):
    """Writes y through its strides (last one 1); returns the cache."""
    q, k, v = alike(q, k, v)
    batch, heads, tokens, _ = q.shape
    check_top_k(options.top_k, tokens)
    if offsets is not None:
        need_shape("offsets", offsets, (heads, *offsets.shape[1:2], q.shape[-1]))
        (rows,) = like(q, offsets.swapaxes(0, 1))  # (2T, H, K): not copied if it lies so already
        offsets = rows.swapaxes(0, 1)
    row_max, row_scale = np.empty((2, batch, heads, tokens), q.dtype)
    statistics = row_max.reshape(-1), row_scale.reshape(-1)
    chunks = batch * heads * ((tokens + CHUNK - 1) // CHUNK)
    shares, workspace = _shares(q, offsets, chunks, 1)
    body, way = _address(forward_share, q.dtype), _way(q, options)
    beside, drawn = _beside(q, offsets, options), _drawn_by(mask, q.dtype)
    _forward(body, shares, heads_of(q, k, v), heads_of(y), statistics, q.shape, way, beside, drawn,
             workspace)  # fmt: skip
    return AttentionCache(q, k, v, row_max, row_scale, offsets, options, mask)


def attention_backward(dy, cache):
    """dq, dk, dv, doffsets of y = probs v, probs = softmax(scores), scores = q k^T / sqrt(K).

    dv = probs^T dy; dprobs = dy v^T; dscores = probs (dprobs - sum_j probs dprobs);
    dq = dscores k / sqrt(K); dk = dscores^T q / sqrt(K).
    dy (B, H, T, K), any strides -> dq, dk, dv (B, H, T, K), doffsets (H, 2T or 2T - 1, K) or None,
    new arrays; threaded over heads.
    """
    dy = writeable(upstream(dy, cache.q.dtype))
    need_shape("dy", dy, cache.q.shape)
    dq, dk, dv = np.empty((3, *dy.shape), dy.dtype)
    return dq, dk, dv, _attention_backward_into(dq, dk, dv, dy, cache)


def _attention_backward_into(dq, dk, dv, dy, cache, *, y_for_dy=False):
    """Writes dq, dk and dv through their strides, which are alike (last one 1); returns doffsets.

    With `y_for_dy` the forward's y is made again and overwrites dy. Then dy is the caller's own:
    writeable, in q's dtype, and contiguous, or the heads of a contiguous (B, T, D).
    """
    q, offsets = cache.q, cache.offsets
    if y_for_dy:
        assert dy.flags.writeable and dy.dtype == q.dtype, "y would end up in a copy of dy"
    else:
        (dy,) = alike(dy)
    statistics = cache.row_max.reshape(-1), cache.row_scale.reshape(-1)
    groups = len(q) if offsets is None else min(len(q), GROUPS)
    doffsets = None
    if offsets is not None:
        doffsets = np.empty((groups, offsets.shape[1], len(offsets), offsets.shape[2]), q.dtype)
    shares, workspace = _shares(q, offsets, groups * q.shape[1], 2)
    body, beside = _address(backward_share, q.dtype), _beside(q, offsets, cache.options, doffsets)
    way, drawn = _way(q, cache.options, groups, y_for_dy), _drawn_by(cache.mask, q.dtype)
    _backward(body, shares, heads_of(q, cache.k, cache.v), heads_of(dy), statistics,
              heads_of(dq, dk, dv), q.shape, way, beside, drawn, workspace)  # fmt: skip
    return None if offsets is None else doffsets.sum(axis=0).swapaxes(0, 1)


def _way(q, options, groups=0, y_for_dy=False):
    """The fields of `Way`."""
    factor = q.dtype.type(1 / math.sqrt(q.shape[-1]))
    return factor, options.top_k or q.shape[2], groups, y_for_dy


def _drawn_by(mask, dtype):
    """A Mask's fields; without keys where there is none."""
    return (NO_KEYS, np.uint32(0), dtype.type(1)) if mask is None else tuple(mask)


def _beside(q, offsets, options, doffsets=None):
    """The fields of `Beside`."""
    seen = ALL_SEEN
    if options.window is not None:
        seen = seen_keys(options.window, q.shape[2]).reshape(-1)
    if offsets is None:
        return seen, NO_ROWS, *[np.empty(0, q.dtype)] * 2
    rows = offset_rows(q.shape[2], offsets.shape[1]).T.reshape(-1)  # by key, then by query
    doffsets = np.empty(0, q.dtype) if doffsets is None else doffsets.reshape(-1)
    return seen, rows, offsets.swapaxes(0, 1).reshape(-1), doffsets


def _shares(q, offsets, units, matrices):
    """How many threads share the units, and workspace for all of them."""
    shares, count = min(get_num_threads(), units), 0 if offsets is None else offsets.shape[1]
    numbers = shares * room(*q.shape[2:], q.itemsize, matrices, count) + 64
    return shares, np.empty(numbers, q.dtype)


@functools.cache
def _address(share, dtype):
    """The address of forward_share or backward_share, compiled."""
    numbers, n, real = types.Array(from_dtype(dtype), 1, "C"), types.intp, from_dtype(dtype)
    one, three = types.Tuple((numbers, *[n] * 4)), types.Tuple((*[numbers] * 3, *[n] * 6))
    pair, shape = types.UniTuple(numbers, 2), types.UniTuple(n, 4)
    way = types.Tuple((real, n, n, types.boolean))
    flags, places = types.Array(types.boolean, 1, "C"), types.Array(n, 1, "C")
    beside = types.Tuple((flags, places, numbers, numbers))
    mask = types.Tuple((types.Array(types.uint32, 1, "C"), types.uint32, real))
    if share is forward_share:
        return address_of(share, n, n, three, one, pair, shape, way, beside, mask, numbers)
    return address_of(share, n, n, three, one, pair, three, shape, way, beside, mask, numbers)


@parallel_jit
def _forward(body, shares, qkv, y, statistics, shape, way, beside, mask, workspace):
    """Calls forward_share, by its address, on every thread."""
    for share in prange(shares):
        call(body, (np.intp(share), shares, qkv, y, statistics, shape, way, beside, mask,
                    workspace))  # fmt: skip


@parallel_jit
def _backward(body, shares, qkv, dy, statistics, dqkv, shape, way, beside, mask, workspace):
    """Calls backward_share, by its address, on every thread."""
    for share in prange(shares):
        call(body, (np.intp(share), shares, qkv, dy, statistics, dqkv, shape, way, beside, mask,
                    workspace))  # fmt: skip
