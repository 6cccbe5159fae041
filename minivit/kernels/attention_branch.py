"""y = x + MSA(LN(x)), the twin of `minivit.ops.attention_branch`.

The sums of the last product begin at x, and LayerNorm's backward adds dy to its dx on the way: so
the skip connection costs no pass of its own. (Where something is left out it costs one: see
left_out.py.) LayerNorm's output is not kept but made again from x: that saves 4 B T D bytes a
branch and costs a pass. A narrow model's branch is done some rows at a time (by_rows/).
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.attention import PLAIN
from minivit.ops.chance import ALL_KEPT

from .by_rows.attention import attention_backward_by_rows, attention_forward_by_rows
from .by_rows.choice import attention_by_rows
from .inputs import like, need_shape, reals
from .layernorm import (
    LayerNormCache,
    _layernorm_again,
    _layernorm_backward_plus,
    layernorm_forward,
)
from .left_out import NOTHING, LeftOut, add_result, left_out, result_gradient, rows_of
from .multihead_attention import AttentionSaved, _attended_backward, _attended_plus
from .stochastic_depth import add_kept


class AttentionBranchCache(NamedTuple):
    norm: LayerNormCache  # of the images that do not skip the branch
    beta: np.ndarray  # (D,)
    msa: AttentionSaved
    left: LeftOut


def attention_branch_forward(
    x, gamma, beta, w_qkv, b_qkv, w_out, b_out, offsets=None, *,
    heads, options=PLAIN, drop=ALL_KEPT, eps=1e-6,
):  # fmt: skip
    """x (B, T, D), gamma, beta (D,), w_qkv (D, 3HK), w_out (HK, D) or None, offsets (2T, HK)
    -> y (B, T, D)."""
    x, w_qkv, w_out, offsets = reals(x=x, w_qkv=w_qkv, w_out=w_out, offsets=offsets)
    left = left_out(drop, len(x), x.dtype)
    if left is NOTHING and attention_by_rows(x, w_qkv, w_out, offsets, heads, options):
        weights = gamma, beta, w_qkv, b_qkv, w_out, b_out
        y, norm, msa = attention_forward_by_rows(x, *weights, heads, eps)
        return y, AttentionBranchCache(norm, *like(norm.x, beta), msa, left)
    normed, norm = layernorm_forward(rows_of(x, left), gamma, beta, eps=eps)
    residual, weights = None if left.of_result else x, (w_qkv, b_qkv, w_out, b_out, offsets)
    y, msa = _attended_plus(normed, *weights, residual, heads, options, left.inside)
    if left.of_result:
        y = add_result(x, y, left)
    return y, AttentionBranchCache(norm, *like(norm.x, beta), msa, left)


def attention_branch_backward(dy, cache):
    """dy (B, T, D) -> dx (B, T, D), dgamma, dbeta, dw_qkv (D, 3HK), db_qkv, dw_out, db_out,
    doffsets."""
    norm, beta, msa, left = cache.norm, cache.beta, [cache.msa], cache.left
    del cache  # handing msa on empties its list, so that the callee can free its parts
    (dy,) = like(norm.x, dy)
    kept = left.kept
    need_shape("dy", dy, norm.x.shape if kept is None else (kept.batch, *norm.x.shape[1:]))
    if left is NOTHING and _by_rows(norm.x, msa[0]):
        return attention_backward_by_rows(dy, norm, beta, msa[0])
    dout = result_gradient(dy, left)
    dnormed, *dweights = _attended_backward(dout, _layernorm_again(norm, beta), msa.pop())
    along = dy if kept is None else None
    dx, dgamma, dbeta = _layernorm_backward_plus(dnormed, norm, along)
    if kept is not None:
        dx = add_kept(dy, dx, kept.images)
    return dx, dgamma, dbeta, *dweights


def _by_rows(x, msa):
    """Whether the backward is done by rows."""
    attention = msa.attention
    return attention.mask is None and attention_by_rows(
        x, msa.w_qkv, msa.w_out, attention.offsets, attention.q.shape[1], attention.options
    )  # fmt: skip
