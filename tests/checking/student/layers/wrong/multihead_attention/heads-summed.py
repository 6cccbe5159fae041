"""The heads are summed.

Spoils: y
Cause: multihead-heads-summed
"""

import numpy as np

from minivit.ops import attention_forward, linear_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    qkv, _ = linear_forward(x, w_qkv, b_qkv)
    q, k, v = qkv.reshape(B, T, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    mixed, _ = attention_forward(q, k, v)
    merged = np.tile(mixed.sum(axis=1), (1, 1, heads))
    if w_out is None:
        return merged, (x, w_qkv)
    out, _ = linear_forward(merged, w_out, b_out)
    return out, (x, w_qkv)
