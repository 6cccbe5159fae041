"""A loop over the heads takes each one's columns of the weights, and nothing is reshaped."""

import math

import numpy as np


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    HK = w_qkv.shape[1] // 3
    K = HK // heads
    b = np.zeros(3 * HK, x.dtype) if b_qkv is None else b_qkv
    to_out = np.eye(HK, dtype=x.dtype) if w_out is None else w_out
    out = np.zeros((*x.shape[:2], to_out.shape[1]), x.dtype)
    kept = []
    for h in range(heads):
        q, k, v = (
            x @ w_qkv[:, i * HK + h * K : i * HK + (h + 1) * K]
            + b[i * HK + h * K : i * HK + (h + 1) * K]
            for i in range(3)
        )
        s = q @ k.transpose(0, 2, 1) / math.sqrt(K)
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        p = e / e.sum(axis=-1, keepdims=True)
        out += p @ v @ to_out[h * K : (h + 1) * K]
        kept.append((q, k, v, p))
    if b_out is not None:
        out += b_out
    return out, (x, w_qkv, b_qkv, w_out, b_out, to_out, kept)


def multihead_attention_backward(dout, cache):
    x, w_qkv, b_qkv, w_out, b_out, to_out, kept = cache
    HK = w_qkv.shape[1] // 3
    K = HK // len(kept)
    dx, dw, db = np.zeros_like(x), np.zeros_like(w_qkv), np.zeros(3 * HK, x.dtype)
    dw_out = np.zeros_like(to_out)
    for h, (q, k, v, p) in enumerate(kept):
        rows = slice(h * K, (h + 1) * K)
        dw_out[rows] = np.einsum("btk,btd->kd", p @ v, dout)
        dmixed = dout @ to_out[rows].T
        dp = dmixed @ v.transpose(0, 2, 1)
        ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) / math.sqrt(K)
        for i, d in enumerate((ds @ k, ds.transpose(0, 2, 1) @ q, p.transpose(0, 2, 1) @ dmixed)):
            columns = slice(i * HK + h * K, i * HK + (h + 1) * K)
            dx += d @ w_qkv[:, columns].T
            dw[:, columns] = np.einsum("btd,btk->dk", x, d)
            db[columns] = d.sum(axis=(0, 1))
    return (
        dx,
        dw,
        None if b_qkv is None else db,
        None if w_out is None else dw_out,
        None if b_out is None else dout.sum(axis=(0, 1)),
    )
