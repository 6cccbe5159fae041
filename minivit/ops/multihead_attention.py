"""Multi-head self-attention: H attentions side by side, each on its own K columns.

    [q, k, v] = x w_qkv + b_qkv,   out = concat_h(attention(q_h, k_h, v_h)) w_out + b_out

(ViT paper, appendix A, equations 5 to 8, where K = D/H.)
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
from minivit.ops.chance import Drop
from minivit.ops.inputs import reals, upstream
from minivit.ops.linear import LinearCache, linear_backward, linear_flops, linear_forward
from minivit.ops.notes import unseen


class MultiheadAttentionCache(NamedTuple):
    qkv: LinearCache  # x (B, T, D) -> (B, T, 3HK)
    attention: AttentionCache  # q, k, v (B, H, T, K), probs (B, H, T, T)
    out: LinearCache | None  # (B, T, HK) -> (B, T, D)

    @property
    def probs(self) -> np.ndarray:  # (B, H, T, T)
        return self.attention.probs


def multihead_attention_forward(
    x: np.ndarray,
    w_qkv: np.ndarray,
    b_qkv: np.ndarray | None,
    w_out: np.ndarray | None,
    b_out: np.ndarray | None,
    offsets: np.ndarray | None = None,
    *,
    heads: int,
    options: AttentionOptions = PLAIN,
    drop: Drop | None = None,
    note=unseen,
) -> tuple[np.ndarray, MultiheadAttentionCache]:
    """Let every token look at every other, in H heads: out = MSA(x).

    x (B, T, D), w_qkv (D, 3HK), b_qkv (3HK,) or None, w_out (HK, D), b_out (D,) or None, offsets
    (2T or 2T - 1, HK) or None -> out (B, T, D). Without w_out the heads' columns are the result:
    then HK = D. Offsets are relative positions (relative.py); like the keys', their columns are
    shared out among the heads. With `drop` some probabilities become 0.

    Raises InputError when `heads` does not divide HK, for a `top_k` that is not from 1 to T, for a
    rate of `drop` outside [0, 1), and for a result without w_out that is not D wide or has a bias.
    """
    x, w_qkv, offsets = reals(x=x, w_qkv=w_qkv, offsets=offsets)
    check_heads(w_qkv.shape[1] // 3, heads)
    check_output(x.shape[-1], w_qkv, w_out, b_out)
    qkv, qkv_cache = linear_forward(x, w_qkv, b_qkv)
    note(qkv=qkv)  # before attention notes its parts: names come in the order of the forward
    q, k, v = split_heads(qkv, heads)
    of_heads = None if offsets is None else split_one(offsets[None], heads)[0]  # (H, 2T, K)
    mixed, attention = attention_forward(  # (B, H, T, K)
        q, k, v, of_heads, options=options, drop=drop, note=note
    )
    merged = merge_heads(mixed)  # (B, T, HK)
    out, out_cache = (merged, None) if w_out is None else linear_forward(merged, w_out, b_out)
    note(merged=merged, out=out)
    return out, MultiheadAttentionCache(qkv_cache, attention, out_cache)


def multihead_attention_backward(
    dout: np.ndarray, cache: MultiheadAttentionCache, *, note=unseen
) -> tuple:
    """Gradients of out = MSA(x): each step of the forward, last first.

    dout (B, T, D) -> dx (B, T, D), dw_qkv (D, 3HK), db_qkv, dw_out (HK, D), db_out,
    doffsets (2T or 2T - 1, HK) or None.
    """
    H = cache.attention.q.shape[1]
    if cache.out is None:
        dmerged, dw_out, db_out = upstream(dout, cache.qkv.x.dtype), None, None
    else:
        dmerged, dw_out, db_out = linear_backward(dout, cache.out)
    dq, dk, dv, dof_heads = attention_backward(split_one(dmerged, H), cache.attention, note=note)
    doffsets = None if dof_heads is None else merge_heads(dof_heads[None])[0]
    dqkv = join_heads(dq, dk, dv)
    dx, dw_qkv, db_qkv = linear_backward(dqkv, cache.qkv)
    note(qkv=dqkv, merged=dmerged, out=dout)
    return dx, dw_qkv, db_qkv, dw_out, db_out, doffsets


def multihead_attention_flops(
    x, w_qkv, b_qkv, w_out, b_out, offsets=None, *, heads: int,
    options: AttentionOptions = PLAIN, drop: Drop | None = None,
) -> int:  # fmt: skip
    """FLOPs of one image: both linear maps, and attention between them."""
    B, T, _ = x.shape
    q = np.broadcast_to(w_qkv[0, 0], (B, heads, T, w_qkv.shape[1] // (3 * heads)))
    of_heads = None if offsets is None else split_one(offsets[None], heads)[0]
    between = attention_flops(q, q, q, of_heads, options=options)  # k and v have the shape of q
    after = 0 if w_out is None else linear_flops(x, w_out)
    return linear_flops(x, w_qkv) + between + after


def check_heads(width: int, heads: int) -> None:
    """InputError unless `heads` divides the width D."""
    if heads < 1 or width % heads:
        divisors = [h for h in range(1, min(width, 64) + 1) if width % h == 0]
        raise InputError(
            f"width is {width} and heads is {heads}: the heads share the width equally; "
            f"choose a number of heads that divides it ({', '.join(map(str, divisors))})"
        )


def check_output(
    width: int, w_qkv: np.ndarray, w_out: np.ndarray | None, b_out: np.ndarray | None
) -> None:
    """InputError unless what the heads return can be the result where there is no w_out."""
    columns = w_qkv.shape[1] // 3
    if w_out is None and (columns != width or b_out is not None):
        raise InputError(
            f"there is no output projection w_out, the heads have {columns} columns together, "
            f"width is {width} and the bias b_out is {'absent' if b_out is None else 'given'}: "
            "the heads' columns are the result, so there must be as many as the width, and no bias"
        )


def split_heads(qkv: np.ndarray, heads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """qkv (B, T, 3HK) -> q, k, v (B, H, T, K): views, since columns are ordered (3, H, K)."""
    B, T, width = qkv.shape
    q, k, v = qkv.reshape(B, T, 3, heads, width // (3 * heads)).transpose(2, 0, 3, 1, 4)
    return q, k, v


def join_heads(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """q, k, v (B, H, T, K) -> qkv (B, T, 3HK): the inverse of split_heads, and its adjoint."""
    B, H, T, K = q.shape
    return np.stack([q, k, v]).transpose(1, 3, 0, 2, 4).reshape(B, T, 3 * H * K)


def split_one(x: np.ndarray, heads: int) -> np.ndarray:
    """x (B, T, HK) -> (B, H, T, K)."""
    B, T, width = x.shape
    return x.reshape(B, T, heads, width // heads).transpose(0, 2, 1, 3)


def merge_heads(x: np.ndarray) -> np.ndarray:
    """x (B, H, T, K) -> (B, T, HK): the inverse of split_one, and its adjoint."""
    B, H, T, K = x.shape
    return x.transpose(0, 2, 1, 3).reshape(B, T, H * K)
