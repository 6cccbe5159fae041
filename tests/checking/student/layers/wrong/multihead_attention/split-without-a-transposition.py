"""q, k and v (B, T, D) are reshaped to (B, H, T, K) at once: a head holds whole tokens.

Spoils: y, dx, dw_qkv, db_qkv, dw_out
Cause: multihead-split-without-a-transposition
"""

import numpy as np

from minivit.ops import attention_backward, attention_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    qkv = x @ w_qkv + (0 if b_qkv is None else b_qkv)
    HK = qkv.shape[-1] // 3
    q, k, v = (qkv[..., i * HK : (i + 1) * HK].reshape(B, heads, T, -1) for i in range(3))
    mixed, attention = attention_forward(q, k, v)
    merged = mixed.transpose(0, 2, 1, 3).reshape(B, T, HK)
    out = merged if w_out is None else merged @ w_out
    if b_out is not None:
        out = out + b_out
    return out, (x, w_qkv, b_qkv, w_out, b_out, heads, attention, merged)


def multihead_attention_backward(dout, cache):
    x, w_qkv, b_qkv, w_out, b_out, heads, attention, merged = cache
    B, T, _ = x.shape
    dmerged = dout if w_out is None else dout @ w_out.T
    dw_out = None if w_out is None else np.einsum("bti,btj->ij", merged, dout)
    db_out = None if b_out is None else dout.sum(axis=(0, 1))
    dmixed = dmerged.reshape(B, T, heads, -1).transpose(0, 2, 1, 3)
    grads = attention_backward(dmixed, attention)[:3]
    dqkv = np.concatenate([g.reshape(B, T, -1) for g in grads], axis=-1)
    dw_qkv = np.einsum("bti,btj->ij", x, dqkv)
    db_qkv = None if b_qkv is None else dqkv.sum(axis=(0, 1))
    return dqkv @ w_qkv.T, dw_qkv, db_qkv, dw_out, db_out
