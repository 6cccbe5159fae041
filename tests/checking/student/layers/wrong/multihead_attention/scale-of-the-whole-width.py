"""The scores are divided by sqrt(D) instead of by the root of a head's columns, sqrt(D/H).

Spoils: y, dx, dw_qkv, db_qkv, dw_out
Cause: multihead-scale-of-the-width
"""

import math

import numpy as np


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, D = x.shape
    qkv = x @ w_qkv
    if b_qkv is not None:
        qkv = qkv + b_qkv
    q, k, v = qkv.reshape(B, T, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    s = q @ k.swapaxes(-1, -2) / math.sqrt(D)
    p = np.exp(s - s.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    o = (p @ v).swapaxes(1, 2).reshape(B, T, -1)
    out = o if w_out is None else o @ w_out
    if b_out is not None:
        out = out + b_out
    return out, (x, w_qkv, b_qkv, w_out, b_out, heads, q, k, v, p, o)


def multihead_attention_backward(dout, cache):
    x, w_qkv, b_qkv, w_out, b_out, heads, q, k, v, p, o = cache
    B, T, D = x.shape
    do = dout if w_out is None else dout @ w_out.T
    dw_out = None if w_out is None else np.einsum("bti,bto->io", o, dout)
    db_out = None if b_out is None else dout.sum((0, 1))
    do = do.reshape(B, T, heads, -1).swapaxes(1, 2)
    dv = p.swapaxes(-1, -2) @ do
    dp = do @ v.swapaxes(-1, -2)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) / math.sqrt(D)
    dq, dk = ds @ k, ds.swapaxes(-1, -2) @ q
    dqkv = np.stack([dq, dk, dv]).transpose(1, 3, 0, 2, 4).reshape(B, T, -1)
    dw_qkv = np.einsum("bti,bto->io", x, dqkv)
    db_qkv = None if b_qkv is None else dqkv.sum((0, 1))
    return dqkv @ w_qkv.T, dw_qkv, db_qkv, dw_out, db_out
