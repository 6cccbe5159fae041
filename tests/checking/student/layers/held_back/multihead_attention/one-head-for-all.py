"""The softmax is shared: the scores are summed over the heads before it.

Spoils: y, dx, dw_qkv, db_qkv, dw_out
Cause: multihead-one-head
"""

import math

import numpy as np


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, _ = x.shape
    qkv = x @ w_qkv
    if b_qkv is not None:
        qkv = qkv + b_qkv
    q, k, v = np.split(qkv, 3, axis=-1)
    c = 1 / math.sqrt(q.shape[-1] // heads)
    s = c * q @ k.transpose(0, 2, 1)
    p = np.exp(s - s.max(-1, keepdims=True))
    p = p / p.sum(-1, keepdims=True)
    o = p @ v
    y = o if w_out is None else o @ w_out
    if b_out is not None:
        y = y + b_out
    return y, (x, w_qkv, b_qkv, w_out, b_out, q, k, v, p, o, c)


def multihead_attention_backward(dy, cache):
    x, w_qkv, b_qkv, w_out, b_out, q, k, v, p, o, c = cache
    do = dy if w_out is None else dy @ w_out.T
    dw_out = None if w_out is None else np.einsum("bti,btj->ij", o, dy)
    db_out = None if b_out is None else dy.sum((0, 1))
    dp = do @ v.transpose(0, 2, 1)
    ds = c * p * (dp - (dp * p).sum(-1, keepdims=True))
    dqkv = np.concatenate([ds @ k, ds.transpose(0, 2, 1) @ q, p.transpose(0, 2, 1) @ do], -1)
    dw = np.einsum("bti,btj->ij", x, dqkv)
    return dqkv @ w_qkv.T, dw, None if b_qkv is None else dqkv.sum((0, 1)), dw_out, db_out
