"""The parts are fastest, then the heads.

Spoils: y
Cause: multihead-columns-in-another-order
"""

from minivit.ops import attention_forward, linear_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    qkv, _ = linear_forward(x, w_qkv, b_qkv)
    q, k, v = qkv.reshape(B, T, -1, heads, 3).transpose(4, 0, 3, 1, 2)
    mixed, _ = attention_forward(q, k, v)
    merged = mixed.transpose(0, 2, 1, 3).reshape(B, T, -1)
    if w_out is None:
        return merged, (x, w_qkv)
    out, _ = linear_forward(merged, w_out, b_out)
    return out, (x, w_qkv)
