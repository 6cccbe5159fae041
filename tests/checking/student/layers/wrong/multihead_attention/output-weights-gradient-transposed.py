"""dw_out is dout^T merged instead of merged^T dout: the same shape where the matrix is square.

Spoils: dw_out
Cause: transposed
"""

import numpy as np

from minivit.ops import attention_backward, attention_forward, linear_backward, linear_forward


def heads_of(x, heads):
    return np.moveaxis(x.reshape(*x.shape[:2], heads, -1), 2, 1)


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    qkv, qkv_cache = linear_forward(x, w_qkv, b_qkv)
    parts = [heads_of(part, heads) for part in np.split(qkv, 3, axis=2)]
    mixed, attention_cache = attention_forward(*parts)
    merged = np.moveaxis(mixed, 1, 2).reshape(*x.shape[:2], -1)
    out = merged if w_out is None else merged @ w_out
    if b_out is not None:
        out = out + b_out
    return out, (qkv_cache, attention_cache, merged, w_out, b_out, heads)


def multihead_attention_backward(dout, cache):
    qkv_cache, attention_cache, merged, w_out, b_out, heads = cache
    dmerged, dw_out = dout, None
    if w_out is not None:
        dmerged = dout @ w_out.T
        dw_out = dout.reshape(-1, dout.shape[2]).T @ merged.reshape(-1, merged.shape[2])
    db_out = dout.sum(axis=(0, 1)) if b_out is not None else None
    dparts = attention_backward(heads_of(dmerged, heads), attention_cache)[:3]
    B, T, _ = dout.shape
    dqkv = np.concatenate([np.moveaxis(d, 1, 2).reshape(B, T, -1) for d in dparts], axis=2)
    dx, dw_qkv, db_qkv = linear_backward(dqkv, qkv_cache)
    return dx, dw_qkv, db_qkv, dw_out, db_out
