"""The gradients of the keys and of the values are put back in each other's columns.

Spoils: dx, dw_qkv, db_qkv
Cause: multihead-keys-and-values-exchanged
"""

import numpy as np

from minivit.ops import attention_backward, attention_forward, linear_backward, linear_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    qkv, c1 = linear_forward(x, w_qkv, b_qkv)
    q, k, v = qkv.reshape(B, T, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    mixed, c2 = attention_forward(q, k, v)
    out = mixed.transpose(0, 2, 1, 3).reshape(B, T, -1)
    c3 = None
    if w_out is not None:
        out, c3 = linear_forward(out, w_out, b_out)
    return out, {"in": c1, "attention": c2, "out": c3, "heads": heads}


def multihead_attention_backward(dout, cache):
    B, T, _ = dout.shape
    dw_out = db_out = None
    if cache["out"] is not None:
        dout, dw_out, db_out = linear_backward(dout, cache["out"])
    dmixed = dout.reshape(B, T, cache["heads"], -1).transpose(0, 2, 1, 3)
    dq, dk, dv, _ = attention_backward(dmixed, cache["attention"])
    dqkv = np.stack([dq, dv, dk]).transpose(1, 3, 0, 2, 4).reshape(B, T, -1)
    dx, dw_qkv, db_qkv = linear_backward(dqkv, cache["in"])
    return dx, dw_qkv, db_qkv, dw_out, db_out
