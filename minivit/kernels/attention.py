"""Scaled dot-product attention: y = softmax(q k^T / sqrt(K)) v for every batch and head.

Computed in blocks of 64 queries whose scores never leave the cache (attention_block.py): memory
grows with T, not with T^2. Two numbers per query are kept for the backward, the maximum of its
scores and one over the sum of their exponentials; they give the probabilities back.

q, k, v and the results are read and written in place through their strides (in the model they are
slices of one qkv buffer); only the queries and dy are copied, block by block.

Threaded forward over blocks, each on its own; backward over heads, for the blocks of a head add up
dk and dv, in order: the same bits for any number of threads. Per head 4 T^2 K operations forward,
10 T^2 K backward, and T^2 exponentials each; 2 T^2 K more if y is to come back from it, as
multi-head attention wants it, which then need not keep it.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import get_num_threads, prange, typeof

from minivit.errors import InputError
from minivit.ops.attention import PLAIN

from .attention_block import BLOCK, backward_share, forward_share
from .compile import address_of, parallel_jit
from .inputs import like, need_shape, reals, upstream
from .simd import call


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


def attention_forward(q, k, v, *, options=PLAIN):
    """y = softmax(q k^T / sqrt(K)) v.

    The kernel wants all three of one shape, one key and one value to every query.
    q, k, v (B, H, T, K), any strides (read in place where the last is 1 and the three are alike)
    -> y (B, H, T, K), a new contiguous array; threaded over blocks of queries.
    """
    q, k, v = reals(q=q, k=k, v=v)
    if q.ndim != 4:
        raise InputError(f"q has the shape {q.shape}, and (B, H, T, K) is needed here")
    need_shape("k", k, q.shape)
    need_shape("v", v, q.shape)
    y = np.empty(q.shape, q.dtype)
    return y, _attention_into(y, q, k, v, options)


def _attention_into(y, q, k, v, options=PLAIN):
    """Writes y through its strides (last one 1); returns the cache."""
    q, k, v = _alike(q, k, v)
    batch, heads, tokens, depth = q.shape
    row_max, row_scale = np.empty((2, batch, heads, tokens), q.dtype)
    blocks = batch * heads * ((tokens + BLOCK - 1) // BLOCK)
    y, y_place = _placed(y)
    nowhere = y, y, y, 2 * y_place[:3]  # dq, dk and dv, of which the forward has no need
    _run(forward_share, blocks, *_placed(q, k, v), y, y_place, row_max.reshape(-1),
         row_scale.reshape(-1), *nowhere, q.shape, _factor(q), False)  # fmt: skip
    return AttentionCache(q, k, v, row_max, row_scale)


def attention_backward(dy, cache):
    """dq, dk, dv of y = probs v, probs = softmax(scores), scores = q k^T / sqrt(K).

    dv = probs^T dy; dprobs = dy v^T; dscores = probs (dprobs - sum_j probs dprobs);
    dq = dscores k / sqrt(K); dk = dscores^T q / sqrt(K).
    dy (B, H, T, K), any strides -> dq, dk, dv (B, H, T, K), new arrays; threaded over heads.
    """
    dy = upstream(dy, cache.q.dtype)
    need_shape("dy", dy, cache.q.shape)
    dq, dk, dv = np.empty((3, *dy.shape), dy.dtype)
    _attention_backward_into(dq, dk, dv, dy, cache)
    return dq, dk, dv


def _attention_backward_into(dq, dk, dv, dy, cache, *, y_for_dy=False):
    """Writes dq, dk and dv through their strides, which are alike (last one 1).

    With `y_for_dy` the forward's y, made again, takes the place of dy: an array of the caller's
    own, writeable, in q's dtype and contiguous but for its heads, which may lie side by side.
    """
    q = cache.q
    if y_for_dy:
        assert dy.flags.writeable and dy.dtype == q.dtype, "y would end up in a copy of dy"
    else:
        (dy,) = _alike(dy)
    row_max, row_scale = cache.row_max.reshape(-1), cache.row_scale.reshape(-1)
    _run(backward_share, q.shape[0] * q.shape[1], *_placed(q, cache.k, cache.v), *_placed(dy),
         row_max, row_scale, *_placed(dq, dk, dv), q.shape, _factor(q), y_for_dy)  # fmt: skip


def _factor(q):
    return q.dtype.type(1 / math.sqrt(q.shape[-1]))


def _placed(*arrays):
    """The flat memory behind each of these views, strided alike, and their place in it."""
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
    return *owners, (batch // size, head // size, token // size, *firsts)


def _alike(*arrays):
    """The arrays as they are where a kernel can walk them together, else as contiguous copies."""
    dtype, strides = arrays[0].dtype, arrays[0].strides
    walkable = strides[-1] == arrays[0].itemsize and min(strides) > 0
    if walkable and all((a.strides, a.dtype) == (strides, dtype) for a in arrays):
        return arrays
    return like(arrays[0], *arrays)


_bodies = {}  # (share, dtype): where it lies, compiled


def _run(share, units, *arguments):
    key = share, arguments[0].dtype
    if key not in _bodies:
        _bodies[key] = address_of(share, *map(typeof, (0, 0, *arguments)), allocates=True)
    _shared_out(units, get_num_threads(), _bodies[key], *arguments)


@parallel_jit
def _shared_out(units, shares, body, q, k, v, place, y, y_place, row_max, row_scale,
                dq, dk, dv, d_place, shape, factor, y_for_dy):  # fmt: skip
    """forward_share or backward_share, by its address, on every thread, for its part of units."""
    for share in prange(shares):
        first, last = np.intp(share) * units // shares, (np.intp(share) + 1) * units // shares
        call(body, (first, last, q, k, v, place, y, y_place, row_max, row_scale,
                    dq, dk, dv, d_place, shape, factor, y_for_dy))  # fmt: skip
