"""The heads are fastest in the columns that are put back.

Spoils: dx, dw_qkv, db_qkv
Cause: multihead-gradient-columns-in-another-order
"""

import numpy as np

from minivit.ops import attention_backward, linear_backward


def multihead_attention_backward(dout, cache):
    B, H, T, K = cache.attention.q.shape
    dmerged, dw_out, db_out = dout, None, None
    if cache.out is not None:
        dmerged, dw_out, db_out = linear_backward(dout, cache.out)
    dmixed = dmerged.reshape(B, T, H, K).transpose(0, 2, 1, 3)
    dq, dk, dv, doffsets = attention_backward(dmixed, cache.attention)
    dqkv = np.stack([dq, dk, dv]).transpose(1, 3, 0, 4, 2).reshape(B, T, -1)
    dx, dw_qkv, db_qkv = linear_backward(dqkv, cache.qkv)
    if doffsets is not None:
        doffsets = doffsets.swapaxes(0, 1).reshape(-1, H * K)
    return dx, dw_qkv, db_qkv, dw_out, db_out, doffsets
