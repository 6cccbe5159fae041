"""q, k and v are reshaped to (B, H, T, K) at once, and the results back: no transposition at all.

Spoils: y, dx, dw_qkv, db_qkv, dw_out
Cause: multihead-split-and-merged-without-transpositions
"""

import numpy as np


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, D = x.shape
    HK = w_qkv.shape[1] // 3
    K = HK // heads
    qkv = x @ w_qkv + (0 if b_qkv is None else b_qkv)
    q = qkv[:, :, :HK].reshape(B, heads, T, K)
    k = qkv[:, :, HK : 2 * HK].reshape(B, heads, T, K)
    v = qkv[:, :, 2 * HK :].reshape(B, heads, T, K)
    s = np.einsum("bhik,bhjk->bhij", q, k) / K**0.5
    s -= s.max(axis=-1, keepdims=True)
    p = np.exp(s)
    p /= p.sum(axis=-1, keepdims=True)
    o = np.einsum("bhij,bhjk->bhik", p, v).reshape(B, T, HK)
    out = o if w_out is None else o @ w_out + (0 if b_out is None else b_out)
    return out, {
        "x": x,
        "w_qkv": w_qkv,
        "w_out": w_out,
        "q": q,
        "k": k,
        "v": v,
        "p": p,
        "o": o,
        "biases": (b_qkv is not None, b_out is not None),
    }


def multihead_attention_backward(dout, c):
    x, q, k, v, p, o = c["x"], c["q"], c["k"], c["v"], c["p"], c["o"]
    B, H, T, K = q.shape
    has_bqkv, has_bout = c["biases"]
    w_out = c["w_out"]
    dw_out = None if w_out is None else np.einsum("btc,btd->cd", o, dout)
    db_out = np.einsum("btd->d", dout) if has_bout else None
    do = (dout if w_out is None else dout @ w_out.T).reshape(B, H, T, K)
    dv = np.einsum("bhij,bhik->bhjk", p, do)
    dp = np.einsum("bhik,bhjk->bhij", do, v)
    ds = p * (dp - np.einsum("bhij,bhij->bhi", dp, p)[..., None]) / K**0.5
    dq = np.einsum("bhij,bhjk->bhik", ds, k)
    dk = np.einsum("bhij,bhik->bhjk", ds, q)
    dqkv = np.concatenate([t.reshape(B, T, H * K) for t in (dq, dk, dv)], axis=2)
    dw_qkv = np.einsum("btd,bte->de", x, dqkv)
    db_qkv = dqkv.sum((0, 1)) if has_bqkv else None
    return dqkv @ c["w_qkv"].T, dw_qkv, db_qkv, dw_out, db_out
