"""The first half of a block: attention lets tokens exchange information, which is added to them.

    y = x + MSA(LN(x))

(ViT paper, equation 2.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.attention import PLAIN, AttentionOptions
from minivit.ops.chance import ALL_KEPT, BranchDrop
from minivit.ops.inputs import reals, upstream
from minivit.ops.layernorm import LayerNormCache, layernorm_backward, layernorm_forward
from minivit.ops.left_out import LeftOutCache, add_result, result_gradient
from minivit.ops.multihead_attention import (
    MultiheadAttentionCache,
    multihead_attention_backward,
    multihead_attention_flops,
    multihead_attention_forward,
)
from minivit.ops.notes import unseen


class AttentionBranchCache(NamedTuple):
    norm: LayerNormCache  # x (B, T, D) -> normed (B, T, D)
    msa: MultiheadAttentionCache  # normed -> out (B, T, D)
    left: LeftOutCache  # out -> what is left of it, added to x


def attention_branch_forward(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    w_qkv: np.ndarray,
    b_qkv: np.ndarray | None,
    w_out: np.ndarray | None,
    b_out: np.ndarray | None,
    offsets: np.ndarray | None = None,
    *,
    heads: int,
    options: AttentionOptions = PLAIN,
    drop: BranchDrop = ALL_KEPT,
    eps: float = 1e-6,
    note=unseen,
) -> tuple[np.ndarray, AttentionBranchCache]:
    """Normalise, attend, add: y = x + MSA(LN(x)).

    x (B, T, D), gamma, beta (D,), w_qkv (D, 3HK), b_qkv (3HK,) or None, w_out (HK, D) or None,
    b_out (D,) or None, offsets (2T or 2T - 1, HK) or None -> y (B, T, D). With `drop` some
    probabilities and some values of MSA(LN(x)) become 0, and some images skip the branch: y = x.

    Raises InputError where `multihead_attention_forward` does, and for a rate of `drop` outside
    [0, 1).
    """
    (x,) = reals(x=x)
    normed, norm = layernorm_forward(x, gamma, beta, eps=eps, note=note)
    out, msa = multihead_attention_forward(
        normed, w_qkv, b_qkv, w_out, b_out, offsets, heads=heads, options=options,
        drop=drop.inside, note=note,
    )  # fmt: skip
    y, left = add_result(x, out, drop, note=note)
    return y, AttentionBranchCache(norm, msa, left)


def attention_branch_backward(dy: np.ndarray, cache: AttentionBranchCache, *, note=unseen) -> tuple:
    """Gradients of y = x + MSA(LN(x)).

    dy (B, T, D) -> dx (B, T, D), dgamma, dbeta (D,), dw_qkv (D, 3HK), db_qkv, dw_out (HK, D),
    db_out, doffsets (2T or 2T - 1, HK) or None.

    The sum hands dy on, unchanged, to both of its terms: through the branch it comes back as
    dx_branch, along the skip connection as it is:
        dx = dy + dx_branch
    """
    norm, msa, left = cache
    dy = upstream(dy, norm.x_hat.dtype)
    dout = result_gradient(dy, left, note=note)
    dnormed, *dweights = multihead_attention_backward(dout, msa, note=note)
    dx_branch, dgamma, dbeta = layernorm_backward(dnormed, norm, note=note)
    return dy + dx_branch, dgamma, dbeta, *dweights


def attention_branch_flops(
    x, gamma, beta, w_qkv, b_qkv, w_out, b_out, offsets=None, *, heads: int,
    options: AttentionOptions = PLAIN, drop: BranchDrop = ALL_KEPT, eps: float = 1e-6,
) -> int:  # fmt: skip
    """FLOPs of one image."""
    return multihead_attention_flops(x, w_qkv, b_qkv, w_out, b_out, offsets, heads=heads)
