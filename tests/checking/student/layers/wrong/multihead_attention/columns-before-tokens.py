"""Tokens come last in a reshape.

Spoils: y
Cause: multihead-columns-before-tokens
"""

import numpy as np

from minivit.ops import attention_forward, linear_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    qkv, _ = linear_forward(x, w_qkv, b_qkv)
    q, k, v = (part.reshape(B, heads, -1, T).swapaxes(2, 3) for part in np.split(qkv, 3, axis=-1))
    mixed, _ = attention_forward(q, k, v)
    merged = mixed.transpose(0, 2, 1, 3).reshape(B, T, -1)
    if w_out is None:
        return merged, (x, w_qkv)
    out, _ = linear_forward(merged, w_out, b_out)
    return out, (x, w_qkv)
