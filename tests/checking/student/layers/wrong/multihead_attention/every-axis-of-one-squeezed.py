"""np.squeeze takes away the axis that np.split leaves, and with it every other axis of one.

Spoils: y, dx, dw_qkv, db_qkv, dw_out, db_out
Cause: axes-of-one
"""

import numpy as np

from minivit.ops import attention_backward, attention_forward, linear_backward, linear_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, D = x.shape
    qkv, c1 = linear_forward(x, w_qkv, b_qkv)
    parts = np.split(qkv.reshape(B, T, 3, heads, -1), 3, axis=2)
    q, k, v = (np.squeeze(part).swapaxes(1, 2) for part in parts)
    mixed, c2 = attention_forward(q, k, v)
    merged = mixed.swapaxes(1, 2).reshape(B, T, -1)
    if w_out is None:
        return merged, (c1, c2, None, heads)
    out, c3 = linear_forward(merged, w_out, b_out)
    return out, (c1, c2, c3, heads)


def multihead_attention_backward(dout, cache):
    c1, c2, c3, heads = cache
    B, T, _ = dout.shape
    d, dw_out, db_out = (dout, None, None) if c3 is None else linear_backward(dout, c3)
    grads = attention_backward(d.reshape(B, T, heads, -1).swapaxes(1, 2), c2)[:3]
    dqkv = np.stack([g.swapaxes(1, 2) for g in grads], axis=2).reshape(B, T, -1)
    dx, dw, db = linear_backward(dqkv, c1)
    return dx, dw, db, dw_out, db_out
