"""dx is assigned for q, k and v in turn with =, so that only what came through v is left.

Spoils: dx
Cause: multihead-input-gradient-of-the-values-alone
"""

import math

import numpy as np


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, D = x.shape
    HK = w_qkv.shape[1] // 3
    K = HK // heads
    b = np.zeros(3 * HK, x.dtype) if b_qkv is None else b_qkv
    parts = []
    for i in range(3):
        part = x @ w_qkv[:, i * HK : (i + 1) * HK] + b[i * HK : (i + 1) * HK]
        parts.append(part.reshape(B, T, heads, K).transpose(0, 2, 1, 3))
    q, k, v = parts
    s = q @ k.transpose(0, 1, 3, 2) / math.sqrt(K)
    p = np.exp(s - s.max(axis=-1, keepdims=True))
    p = p / p.sum(axis=-1, keepdims=True)
    merged = (p @ v).transpose(0, 2, 1, 3).reshape(B, T, HK)
    out = merged if w_out is None else merged @ w_out
    if b_out is not None:
        out = out + b_out
    return out, (x, w_qkv, b_qkv, w_out, b_out, q, k, v, p, merged)


def multihead_attention_backward(dout, cache):
    x, w_qkv, b_qkv, w_out, b_out, q, k, v, p, merged = cache
    B, T, D = x.shape
    H, K = q.shape[1], q.shape[3]
    HK = H * K
    dmerged, dw_out = dout, None
    if w_out is not None:
        dmerged = dout @ w_out.T
        dw_out = merged.reshape(-1, HK).T @ dout.reshape(-1, D)
    db_out = dout.reshape(-1, D).sum(0) if b_out is not None else None
    do = dmerged.reshape(B, T, H, K).transpose(0, 2, 1, 3)
    dp = do @ v.transpose(0, 1, 3, 2)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) / math.sqrt(K)
    grads = ds @ k, ds.transpose(0, 1, 3, 2) @ q, p.transpose(0, 1, 3, 2) @ do
    dw, db = np.zeros_like(w_qkv), np.zeros(3 * HK, x.dtype)
    for i, g in enumerate(grads):
        columns = slice(i * HK, (i + 1) * HK)
        g = g.transpose(0, 2, 1, 3).reshape(B, T, HK)
        dx = g @ w_qkv[:, columns].T
        dw[:, columns] = x.reshape(-1, D).T @ g.reshape(-1, HK)
        db[columns] = g.sum(axis=(0, 1))
    return dx, dw, db if b_qkv is not None else None, dw_out, db_out
