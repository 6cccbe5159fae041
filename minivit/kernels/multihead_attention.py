"""Multi-head self-attention, the twin of `minivit.ops.multihead_attention`.

Three kernels forward: the product x w_qkv, attention, the product with w_out; the products add the
biases as they go. Nothing is rearranged in memory between them: attention reads q, k and v where
the first product put them, as strided views of qkv (B, T, 3HK), and writes each head's columns of
merged (B, T, HK). Backward it writes dq, dk and dv side by side into one dqkv (B, T, 3HK).

The probabilities are not kept: memory grows with T, not with T^2. `cache.probs` rebuilds them.
Nor is merged, which would take 4 B T D bytes a layer (29 MB in all of ViT-B/16 with 4 images). The
backward, which has the probabilities, makes it again chunk by chunk in the place of dmerged
(attention_chunk.py), with 0.7 % more operations in that model's training step.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.attention import PLAIN
from minivit.ops.multihead_attention import (
    check_heads,
    check_output,
    merge_heads,
    split_heads,
    split_one,
)

from .attention import AttentionCache, _attention_backward_into, _attention_into
from .dropout import mask_of
from .heads import heads_in, three_heads_in
from .inputs import like, need_shape, reals
from .linear import linear_forward, weight_gradients
from .product.matmul import matmul


class AttentionSaved(NamedTuple):
    """What the backward needs beside x."""

    w_qkv: np.ndarray  # (D, 3HK)
    w_out: np.ndarray | None  # (HK, D)
    attention: AttentionCache  # q, k, v (B, H, T, K): views of qkv (B, T, 3HK)
    has_b_qkv: bool
    has_b_out: bool


class MultiheadAttentionCache(NamedTuple):
    x: np.ndarray  # (B, T, D)
    saved: AttentionSaved

    @property
    def probs(self) -> np.ndarray:  # (B, H, T, T)
        return self.saved.attention.probs


def multihead_attention_forward(
    x, w_qkv, b_qkv, w_out, b_out, offsets=None, *, heads, options=PLAIN, drop=None
):
    """out = MSA(x): x (B, T, D), w_qkv (D, 3HK), w_out (HK, D) or None, offsets (2T, HK) or None
    -> out (B, T, D)."""
    (x,) = reals(x=x)
    mask = mask_of(drop, np.arange(len(x)), x.dtype)
    out, saved = _attended_plus(x, w_qkv, b_qkv, w_out, b_out, offsets, None, heads, options, mask)
    return out, MultiheadAttentionCache(x, saved)


def multihead_attention_backward(dout, cache):
    """dout (B, T, D) -> dx (B, T, D), dw_qkv (D, 3HK), db_qkv, dw_out (HK, D), db_out, doffsets."""
    return _attended_backward(dout, *cache)


def _attended_plus(x, w_qkv, b_qkv, w_out, b_out, offsets, residual, heads, options, mask):
    """residual + MSA(x), where the last product's sums begin at the residual; and what the backward
    needs beside x."""
    x, w_qkv, w_out, offsets = reals(x=x, w_qkv=w_qkv, w_out=w_out, offsets=offsets)
    (B, T, D), columns = x.shape, w_qkv.shape[1] // 3
    check_heads(columns, heads)
    check_output(D, w_qkv, w_out, b_out)
    qkv, _ = linear_forward(x, w_qkv, b_qkv)
    merged = np.empty((B, T, columns), x.dtype)
    q, k, v = split_heads(qkv, heads)
    of_heads = None if offsets is None else split_one(offsets[None], heads)[0]  # (H, 2T, K)
    places = heads_in(merged, heads), three_heads_in(qkv, heads)
    attention = _attention_into(*places, q, k, v, of_heads, options, mask)
    saved = AttentionSaved(w_qkv, w_out, attention, b_qkv is not None, b_out is not None)
    if w_out is None:
        return merged if residual is None else np.add(merged, residual, out=merged), saved
    along = None if residual is None else residual.reshape(-1, D)
    y = matmul(merged.reshape(-1, columns), w_out, bias=b_out, residual=along, weights=True)
    return y.reshape(B, T, D), saved


def _attended_backward(dout, x, saved):
    """See `multihead_attention_backward`."""
    (B, T, D), columns = x.shape, saved.w_qkv.shape[1] // 3
    heads = saved.attention.q.shape[1]
    (dout,) = like(x, dout)
    dqkv = np.empty((B, T, 3 * columns), dout.dtype)
    of_dqkv, dw_out, db_out = three_heads_in(dqkv, heads), None, None
    if saved.w_out is None:
        need_shape("dout", dout, x.shape)
        dof_heads = _attention_backward_into(of_dqkv, heads_in(dout, heads), saved.attention)
    else:
        dout_rows = dout.reshape(-1, D)
        merged = dmerged = matmul(dout_rows, saved.w_out.T)  # merged takes the place of dmerged
        of_dmerged = heads_in(dmerged.reshape(B, T, columns), heads)
        dof_heads = _attention_backward_into(of_dqkv, of_dmerged, saved.attention, y_for_dy=True)
        dw_out, db_out = weight_gradients(merged, dout_rows, saved.w_out, saved.has_b_out)
    dqkv_rows = dqkv.reshape(-1, 3 * columns)
    dx = matmul(dqkv_rows, saved.w_qkv.T).reshape(B, T, D)
    dw_qkv, db_qkv = weight_gradients(x.reshape(-1, D), dqkv_rows, saved.w_qkv, saved.has_b_qkv)
    doffsets = None if dof_heads is None else merge_heads(dof_heads[None])[0]
    return dx, dw_qkv, db_qkv, dw_out, db_out, doffsets
