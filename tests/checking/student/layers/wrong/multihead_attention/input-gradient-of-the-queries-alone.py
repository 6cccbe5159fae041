"""dx is what comes through q alone.

Spoils: dx
Cause: multihead-input-gradient-of-the-queries-alone
"""

import numpy as np

from minivit.ops import attention_backward, linear_backward


def multihead_attention_backward(dout, cache):
    B, T, _ = dout.shape
    w = cache.qkv.w
    H = cache.attention.q.shape[1]
    dmerged, dw_out, db_out = dout, None, None
    if cache.out is not None:
        dmerged, dw_out, db_out = linear_backward(dout, cache.out)
    dmixed = dmerged.reshape(B, T, H, -1).transpose(0, 2, 1, 3)
    dq, dk, dv, doffsets = attention_backward(dmixed, cache.attention)
    if doffsets is not None:
        doffsets = np.concatenate(list(doffsets), axis=-1)
    dqkv = np.stack([dq, dk, dv]).transpose(1, 3, 0, 2, 4).reshape(B, T, -1)
    _, dw_qkv, db_qkv = linear_backward(dqkv, cache.qkv)
    HK = w.shape[1] // 3
    dx = dqkv[..., :HK] @ w[:, :HK].T
    return dx, dw_qkv, db_qkv, dw_out, db_out, doffsets
