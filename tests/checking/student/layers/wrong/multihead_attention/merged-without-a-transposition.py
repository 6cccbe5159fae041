"""The heads' results (B, H, T, K) are reshaped to (B, T, D) without moving the heads beside K.

Spoils: y, dx, dw_qkv, db_qkv, dw_out
Cause: multihead-merged-without-a-transposition
"""

import numpy as np

from minivit.ops import attention_backward, attention_forward, linear_backward, linear_forward


def split(x, heads):
    B, T, D = x.shape
    return x.reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3)


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, D = x.shape
    qkv, c1 = linear_forward(x, w_qkv, b_qkv)
    q, k, v = (split(part, heads) for part in np.split(qkv, 3, axis=-1))
    mixed, c2 = attention_forward(q, k, v)
    merged = mixed.reshape(B, T, -1)
    if w_out is None:
        return merged, (c1, c2, None, mixed.shape)
    out, c3 = linear_forward(merged, w_out, b_out)
    return out, (c1, c2, c3, mixed.shape)


def multihead_attention_backward(dout, cache):
    c1, c2, c3, (B, H, T, K) = cache
    dmerged, dw_out, db_out = (dout, None, None) if c3 is None else linear_backward(dout, c3)
    dq, dk, dv, _ = attention_backward(dmerged.reshape(B, H, T, K), c2)
    parts = [d.transpose(0, 2, 1, 3).reshape(B, T, H * K) for d in (dq, dk, dv)]
    dx, dw_qkv, db_qkv = linear_backward(np.concatenate(parts, axis=-1), c1)
    return dx, dw_qkv, db_qkv, dw_out, db_out
