"""y = x + MSA(LN(x)), the twin of `minivit.ops.attention_branch`.

The sums of the last product begin at x, and LayerNorm's backward adds dy to its dx on the way: so
the skip connection costs no pass of its own. (With stochastic depth it costs one, but nothing is
computed for the images that are dropped.) LayerNorm's output is not kept but made again from x:
that saves 4 B T D bytes a branch and costs a pass.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.attention import PLAIN

from .inputs import like, need_shape, reals
from .layernorm import (
    LayerNormCache,
    _layernorm_again,
    _layernorm_backward_plus,
    layernorm_forward,
)
from .multihead_attention import AttentionSaved, _attended_backward, _attended_plus
from .stochastic_depth import Kept, add_kept, kept_of


class AttentionBranchCache(NamedTuple):
    norm: LayerNormCache  # of the images that are not dropped
    beta: np.ndarray  # (D,)
    msa: AttentionSaved
    kept: Kept | None  # None: all images


def attention_branch_forward(
    x, gamma, beta, w_qkv, b_qkv, w_out, b_out, offsets=None, *,
    heads, options=PLAIN, drop=None, eps=1e-6,
):  # fmt: skip
    """x (B, T, D), gamma, beta (D,), w_qkv (D, 3D), w_out (D, D), offsets (2T, D) -> y (B, T, D)"""
    (x,) = reals(x=x)
    kept = kept_of(len(x), drop)
    rows = x if kept is None else x[kept.images]
    normed, norm = layernorm_forward(rows, gamma, beta, eps=eps)
    residual = rows if kept is None else None
    y, msa = _attended_plus(normed, w_qkv, b_qkv, w_out, b_out, offsets, residual, heads, options)
    if kept is not None:
        y = add_kept(x, y, kept.images, kept.factor)
    return y, AttentionBranchCache(norm, *like(norm.x, beta), msa, kept)


def attention_branch_backward(dy, cache):
    """dy (B, T, D) -> dx (B, T, D), dgamma, dbeta, dw_qkv (D, 3D), db_qkv, dw_out, db_out,
    doffsets."""
    norm, beta, msa, kept = cache.norm, cache.beta, [cache.msa], cache.kept
    del cache  # handing msa on empties its list, so that the callee can free its parts
    (dy,) = like(norm.x, dy)
    need_shape("dy", dy, norm.x.shape if kept is None else (kept.batch, *norm.x.shape[1:]))
    dout = dy if kept is None else dy[kept.images] * dy.dtype.type(kept.factor)
    dnormed, *dweights = _attended_backward(dout, _layernorm_again(norm, beta), msa.pop())
    along = dy if kept is None else None
    dx, dgamma, dbeta = _layernorm_backward_plus(dnormed, norm, along)
    if kept is not None:
        dx = add_kept(dy, dx, kept.images)
    return dx, dgamma, dbeta, *dweights
