"""The columns of w_qkv are read as (head, q or k or v, K) instead of (q or k or v, head, K).

Spoils: y, dx, dw_qkv, db_qkv, dw_out
Cause: multihead-columns-by-head-first
"""

import numpy as np

from minivit.ops import attention_backward, attention_forward


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    qkv = x @ w_qkv
    if b_qkv is not None:
        qkv += b_qkv
    qkv = qkv.reshape(B, T, heads, -1).transpose(0, 2, 1, 3)
    q, k, v = np.array_split(qkv, 3, axis=-1)
    mixed, inner = attention_forward(q, k, v)
    merged = mixed.transpose(0, 2, 1, 3).reshape(B, T, -1)
    y = merged if w_out is None else merged @ w_out
    return (y if b_out is None else y + b_out), (x, w_qkv, b_qkv, w_out, b_out, inner, merged)


def multihead_attention_backward(dy, cache):
    x, w_qkv, b_qkv, w_out, b_out, inner, merged = cache
    B, T, _ = x.shape
    H = inner.q.shape[1]
    dmerged, dw_out = dy, None
    if w_out is not None:
        dmerged = dy @ w_out.T
        dw_out = merged.reshape(B * T, -1).T @ dy.reshape(B * T, -1)
    d = attention_backward(dmerged.reshape(B, T, H, -1).transpose(0, 2, 1, 3), inner)
    dqkv = np.concatenate(d[:3], axis=-1).transpose(0, 2, 1, 3).reshape(B * T, -1)
    dw = x.reshape(B * T, -1).T @ dqkv
    db = None if b_qkv is None else dqkv.sum(0)
    db_out = None if b_out is None else dy.sum(0).sum(0)
    return (dqkv @ w_qkv.T).reshape(x.shape), dw, db, dw_out, db_out
