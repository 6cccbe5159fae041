"""The bias of the queries is missing.

Spoils: y
Cause: multihead-bias-of-the-queries-forgotten
"""

from minivit.ops import attention_forward, linear_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    if b_qkv is not None:
        b_qkv = b_qkv.reshape(3, -1).copy()
        b_qkv[0] = 0
        b_qkv = b_qkv.ravel()
    qkv, _ = linear_forward(x, w_qkv, b_qkv)
    q, k, v = qkv.reshape(B, T, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    mixed, _ = attention_forward(q, k, v)
    merged = mixed.transpose(0, 2, 1, 3).reshape(B, T, -1)
    if w_out is None:
        return merged, (x, w_qkv)
    out, _ = linear_forward(merged, w_out, b_out)
    return out, (x, w_qkv)
