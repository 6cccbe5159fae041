"""Attention, y = softmax(q k^T / sqrt(K)) v, the twin of `minivit.ops.attention`.

It is computed in chunks of 64 queries, whose scores never leave the cache (attention_chunk.py). So
memory grows with T, not with T^2. Two numbers per query are kept for the backward, which computes
the probabilities again: the maximum of its scores, and one over the sum of their exponentials.

That is the general way; for short sequences there is another, with one head per lane
(attention_lanes/).

q, k, v and the results are read and written in place through their strides (in the model they are
slices of one qkv buffer). Only the queries and dy are copied, chunk by chunk.

The forward is threaded over chunks. The backward is threaded over heads, since the chunks of a head
add up dk and dv, in order: the same bits for any number of threads. With `top_k` the best keys of
each query are searched for: about 3 T steps a query (top_k.py), forward and backward. With dropout
the mask of a chunk's probabilities is drawn as they are made, again in the backward. With relative
positions images are taken together in groups (attention_chunk.py).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from minivit.errors import InputError
from minivit.ops.attention import PLAIN, AttentionOptions, check_top_k, only_attended
from minivit.ops.product import rounds_attention
from minivit.ops.relative import relative_scores
from minivit.ops.window import Window

from .attention_bf16.in_bf16 import rounded_fields, share_in_bf16
from .attention_bf16.shares import backward_share_bf16, forward_share_bf16
from .attention_chunk import backward_share, forward_share
from .attention_lanes.attended import attended_backward_into, attended_into
from .attention_lanes.choice import in_lanes
from .attention_space import room
from .attention_steps import CHUNK
from .dropout import Mask, mask_of
from .heads import alike, heads_of
from .inputs import behaved, like, need_shape, reals, upstream
from .product.bf16.instructions import instruction_for
from .relative import Relative, rows_by_key
from .window import seen_by_key

GROUPS = 16  # of images, at most: so much memory the gradients of relative positions take


class AttentionCache(NamedTuple):
    q: np.ndarray  # (B, H, T, K), as given, or a contiguous copy in its dtype; so are k and v
    k: np.ndarray
    v: np.ndarray
    qkv: tuple  # where they lie, the fields of `ThreeHeads`
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
    mask, (q, k, v) = mask_of(drop, np.arange(len(q)), q.dtype), alike(q, k, v)
    return y, _attention_into(heads_of(y), heads_of(q, k, v), q, k, v, offsets, options, mask)


def _attention_into(y, qkv, q, k, v, offsets=None, options=PLAIN, mask=None):
    """Writes y; returns the cache. y, qkv: the fields of `Heads` and `ThreeHeads`."""
    batch, heads, tokens, _ = q.shape
    check_top_k(options.top_k, tokens)
    if offsets is not None:
        need_shape("offsets", offsets, (heads, *offsets.shape[1:2], q.shape[-1]))
        (rows,) = like(q, offsets.swapaxes(0, 1))  # (2T, H, K): not copied if it lies so already
        offsets = rows.swapaxes(0, 1)
    row_max, row_scale = np.empty((2, batch, heads, tokens), q.dtype)
    statistics = row_max.reshape(-1), row_scale.reshape(-1)
    cache = AttentionCache(q, k, v, qkv, row_max, row_scale, offsets, options, mask)
    if _in_lanes(cache):
        attended_into(y, qkv, statistics, q.shape, _way(q)[0])
        return cache
    chunks = batch * heads * ((tokens + CHUNK - 1) // CHUNK)
    in_use = _in_use(q, offsets, options, mask)
    rounds = rounds_attention(tokens, offsets)
    if rounds and (name := instruction_for(q.dtype)):
        share_in_bf16(forward_share_bf16, name, _kind(q, in_use), q.shape,
                      (qkv, y, statistics), _way(q), in_use)  # fmt: skip
        return cache
    qkv = rounded_fields(qkv) if rounds else qkv
    shares, workspace = _shares(q, offsets, chunks, 1)
    forward_share(_kind(q, in_use), shares, qkv, y, statistics, q.shape, _way(q, rounds=rounds),
                  workspace, *in_use)  # fmt: skip
    return cache


def attention_backward(dy, cache):
    """dq, dk, dv, doffsets of y = probs v, probs = softmax(scores), scores = q k^T / sqrt(K).

    dv = probs^T dy; dprobs = dy v^T; dscores = probs (dprobs - sum_j probs dprobs);
    dq = dscores k / sqrt(K); dk = dscores^T q / sqrt(K).
    dy (B, H, T, K), any strides -> dq, dk, dv (B, H, T, K), doffsets (H, 2T or 2T - 1, K) or None,
    new arrays; threaded over heads.
    """
    dy = behaved(upstream(dy, cache.q.dtype))
    need_shape("dy", dy, cache.q.shape)
    dq, dk, dv = np.empty((3, *dy.shape), dy.dtype)
    of_dy = heads_of(*alike(dy))
    return dq, dk, dv, _attention_backward_into(heads_of(dq, dk, dv), of_dy, cache)


def _attention_backward_into(dqkv, dy, cache, *, y_for_dy=False):
    """Writes dq, dk and dv; returns doffsets. dqkv, dy: the fields of `ThreeHeads` and `Heads`.

    With `y_for_dy` the forward's y is made again and overwrites dy.
    """
    q, offsets = cache.q, cache.offsets
    statistics = cache.row_max.reshape(-1), cache.row_scale.reshape(-1)
    if _in_lanes(cache):
        factor = _way(q)[0]
        attended_backward_into(dqkv, dy, cache.qkv, statistics, q.shape, factor, y_for_dy)
        return None
    groups = len(q) if offsets is None else min(len(q), GROUPS)
    doffsets = None
    if offsets is not None:
        doffsets = np.empty((groups, offsets.shape[1], len(offsets), offsets.shape[2]), q.dtype)
    in_use = _in_use(q, offsets, cache.options, cache.mask, doffsets)
    qkv, rounds = cache.qkv, rounds_attention(q.shape[2], offsets)
    if rounds and (name := instruction_for(q.dtype)):
        arrays = qkv, dy, statistics, dqkv
        way = _way(q, groups, y_for_dy)
        share_in_bf16(backward_share_bf16, name, _kind(q, in_use), q.shape, arrays, way, in_use)
        return None
    shares, workspace = _shares(q, offsets, groups * q.shape[1], 2)
    if rounds:
        qkv, (dy_numbers, *_), dy = rounded_fields(qkv), dy, rounded_fields(dy)
    backward_share(_kind(q, in_use), shares, qkv, dy, statistics, dqkv, q.shape,
                   _way(q, groups, y_for_dy, rounds), workspace, *in_use)  # fmt: skip
    if rounds and y_for_dy:
        dy_numbers[...] = dy[0]
    return None if offsets is None else doffsets.sum(axis=0).swapaxes(0, 1)


def _in_lanes(cache):
    """Whether attention is done with one head per lane: plain, and of a shape where that pays."""
    (top_k, window), q = cache.options, cache.q
    plain = cache.offsets is top_k is window is cache.mask is None
    return plain and in_lanes(q.shape, q.itemsize)


def _way(q, groups=0, y_for_dy=False, rounds=False):
    """The fields of `Way`."""
    return q.dtype.type(1 / math.sqrt(q.shape[-1])), groups, y_for_dy, rounds


def _in_use(q, offsets, options, mask, doffsets=None):
    """relative, seen, top_k and mask, as attention_chunk.py takes them: None where not in use."""
    relative = seen = None
    if offsets is not None:
        rows = rows_by_key(q.shape[2], offsets.shape[1])
        doffsets = np.empty(0, q.dtype) if doffsets is None else doffsets.reshape(-1)
        relative = Relative(rows, offsets.swapaxes(0, 1).reshape(-1), doffsets)
    if options.window is not None:
        window = Window(*map(tuple, options.window))  # lists can't be looked up
        seen = seen_by_key(window, q.shape[2])
    top_k = None if options.top_k is None else int(options.top_k)
    return relative, seen, top_k, mask


def _shares(q, offsets, units, matrices):
    """How many threads share the units, and workspace for all of them."""
    shares, count = min(get_num_threads(), units), 0 if offsets is None else offsets.shape[1]
    numbers = shares * room(*q.shape[2:], q.itemsize, matrices, count) + 64
    return shares, np.empty(numbers, q.dtype)


def _kind(q, in_use):
    """All that the types of the arguments depend on."""
    return q.dtype, *[option is not None for option in in_use]
