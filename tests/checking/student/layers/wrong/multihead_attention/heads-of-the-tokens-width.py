"""A head is taken to have D / H columns, which is wrong where w_qkv is wider.

Spoils: y
Cause: shapes-do-not-fit
"""

import numpy as np

from minivit.ops import attention_backward, attention_forward, linear_backward, linear_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, D = x.shape
    K = D // heads
    qkv, c1 = linear_forward(x, w_qkv, b_qkv)
    q, k, v = qkv.reshape(B, T, 3, heads, K).transpose(2, 0, 3, 1, 4)
    o, c2 = attention_forward(q, k, v)
    o = o.transpose(0, 2, 1, 3).reshape(B, T, D)
    if w_out is None:
        return o, (c1, c2, None)
    y, c3 = linear_forward(o, w_out, b_out)
    return y, (c1, c2, c3)


def multihead_attention_backward(dy, cache):
    c1, c2, c3 = cache
    B, H, T, K = c2.q.shape
    do, dw_out, db_out = (dy, None, None) if c3 is None else linear_backward(dy, c3)
    do = do.reshape(B, T, H, K).transpose(0, 2, 1, 3)
    dq, dk, dv, _ = attention_backward(do, c2)
    dqkv = np.stack([dq, dk, dv], axis=2).transpose(0, 3, 2, 1, 4).reshape(B, T, 3 * H * K)
    dx, dw, db = linear_backward(dqkv, c1)
    return dx, dw, db, dw_out, db_out
