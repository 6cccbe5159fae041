"""Multi-head self-attention: H attentions side by side, each on its own K = D/H columns.

    [q, k, v] = x w_qkv + b_qkv,   out = concat_h(attention(q_h, k_h, v_h)) w_out + b_out

(ViT paper, appendix A, equations 5 to 8.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.attention import (
    PLAIN,
    AttentionCache,
    AttentionOptions,
    attention_backward,
    attention_flops,
    attention_forward,
)
from minivit.ops.inputs import reals
from minivit.ops.linear import LinearCache, linear_backward, linear_flops, linear_forward
from minivit.ops.notes import unseen


class MultiheadAttentionCache(NamedTuple):
    qkv: LinearCache  # x (B, T, D) -> (B, T, 3D)
    attention: AttentionCache  # q, k, v (B, H, T, K), probs (B, H, T, T)
    out: LinearCache  # (B, T, D) -> (B, T, D)

    @property
    def probs(self) -> np.ndarray:  # (B, H, T, T)
        return self.attention.probs


def multihead_attention_forward(
    x: np.ndarray,
    w_qkv: np.ndarray,
    b_qkv: np.ndarray | None,
    w_out: np.ndarray,
    b_out: np.ndarray | None,
    offsets: np.ndarray | None = None,
    *,
    heads: int,
    options: AttentionOptions = PLAIN,
    note=unseen,
) -> tuple[np.ndarray, MultiheadAttentionCache]:
    """Let every token look at every other, in H heads: out = MSA(x).

    x (B, T, D), w_qkv (D, 3D), b_qkv (3D,) or None, w_out (D, D), b_out (D,) or None, offsets
    (2T or 2T - 1, D) or None -> out (B, T, D). Offsets are relative positions (relative.py); like
    the keys', their columns are shared out among the heads.

    Raises InputError when `heads` does not divide D, and for a `top_k` that is not from 1 to T.
    """
    x, offsets = reals(x=x, offsets=offsets)
    check_heads(x.shape[-1], heads)
    qkv, qkv_cache = linear_forward(x, w_qkv, b_qkv)
    note(qkv=qkv)  # before attention notes its parts: names come in the order of the forward
    q, k, v = split_heads(qkv, heads)
    of_heads = None if offsets is None else split_one(offsets[None], heads)[0]  # (H, 2T, K)
    mixed, attention = attention_forward(
        q, k, v, of_heads, options=options, note=note
    )  # (B, H, T, K)
    merged = merge_heads(mixed)  # (B, T, D)
    out, out_cache = linear_forward(merged, w_out, b_out)
    note(merged=merged, out=out)
    return out, MultiheadAttentionCache(qkv_cache, attention, out_cache)


def multihead_attention_backward(
    dout: np.ndarray, cache: MultiheadAttentionCache, *, note=unseen
) -> tuple:
    """Gradients of out = MSA(x): each step of the forward, last first.

    dout (B, T, D) -> dx (B, T, D), dw_qkv (D, 3D), db_qkv, dw_out (D, D), db_out,
    doffsets (2T or 2T - 1, D) or None.
    """
    H = cache.attention.q.shape[1]
    dmerged, dw_out, db_out = linear_backward(dout, cache.out)
    dq, dk, dv, dof_heads = attention_backward(split_one(dmerged, H), cache.attention, note=note)
    doffsets = None if dof_heads is None else merge_heads(dof_heads[None])[0]
    dqkv = join_heads(dq, dk, dv)
    dx, dw_qkv, db_qkv = linear_backward(dqkv, cache.qkv)
    note(qkv=dqkv, merged=dmerged, out=dout)
    return dx, dw_qkv, db_qkv, dw_out, db_out, doffsets


def multihead_attention_flops(
    x, w_qkv, b_qkv, w_out, b_out, offsets=None, *,
    heads: int, options: AttentionOptions = PLAIN,
) -> int:  # fmt: skip
    """FLOPs of one image: both linear maps, and attention between them."""
    q = split_one(x, heads)  # stands for k and v too: only shapes count
    of_heads = None if offsets is None else split_one(offsets[None], heads)[0]
    between = attention_flops(q, q, q, of_heads, options=options)
    return linear_flops(x, w_qkv) + between + linear_flops(x, w_out)


def check_heads(width: int, heads: int) -> None:
    """InputError unless `heads` divides the width D."""
    if heads < 1 or width % heads:
        divisors = [h for h in range(1, min(width, 64) + 1) if width % h == 0]
        raise InputError(
            f"width is {width} and heads is {heads}: the heads share the width equally; "
            f"choose a number of heads that divides it ({', '.join(map(str, divisors))})"
        )


def split_heads(qkv: np.ndarray, heads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """qkv (B, T, 3D) -> q, k, v (B, H, T, K): views, since columns are ordered (3, H, K)."""
    B, T, width = qkv.shape
    q, k, v = qkv.reshape(B, T, 3, heads, width // (3 * heads)).transpose(2, 0, 3, 1, 4)
    return q, k, v


def join_heads(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """q, k, v (B, H, T, K) -> qkv (B, T, 3D): the inverse of split_heads, and its adjoint."""
    B, H, T, K = q.shape
    return np.stack([q, k, v]).transpose(1, 3, 0, 2, 4).reshape(B, T, 3 * H * K)


def split_one(x: np.ndarray, heads: int) -> np.ndarray:
    """x (B, T, D) -> (B, H, T, K)."""
    B, T, width = x.shape
    return x.reshape(B, T, heads, width // heads).transpose(0, 2, 1, 3)


def merge_heads(x: np.ndarray) -> np.ndarray:
    """x (B, H, T, K) -> (B, T, D): the inverse of split_one, and its adjoint."""
    B, H, T, K = x.shape
    return x.transpose(0, 2, 1, 3).reshape(B, T, H * K)
