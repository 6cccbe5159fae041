"""dout goes to the heads as it is, not through w_out.

Spoils: dx, dw_qkv, db_qkv, doffsets
Cause: multihead-output-projection-skipped-in-the-backward
"""

import numpy as np

from minivit.ops import attention_backward, linear_backward


def multihead_attention_backward(dout, cache):
    B, T, _ = dout.shape
    H = cache.attention.q.shape[1]
    dmerged, dw_out, db_out = dout, None, None
    if cache.out is not None:
        _, dw_out, db_out = linear_backward(dout, cache.out)
        if cache.out.w.shape[0] != cache.out.w.shape[1]:
            dmerged = dout @ cache.out.w.T
    dmixed = dmerged.reshape(B, T, H, -1).transpose(0, 2, 1, 3)
    dq, dk, dv, doffsets = attention_backward(dmixed, cache.attention)
    if doffsets is not None:
        doffsets = np.concatenate(list(doffsets), axis=-1)
    dqkv = np.stack([dq, dk, dv]).transpose(1, 3, 0, 2, 4).reshape(B, T, -1)
    dx, dw_qkv, db_qkv = linear_backward(dqkv, cache.qkv)
    return dx, dw_qkv, db_qkv, dw_out, db_out, doffsets
