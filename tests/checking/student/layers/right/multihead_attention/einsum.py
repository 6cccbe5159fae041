"""The weights are seen as (D, 3, H, K) and (H, K, D), and everything is an einsum."""

import numpy as np


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    D, K = x.shape[-1], w_qkv.shape[1] // (3 * heads)
    w = w_qkv.reshape(D, 3, heads, K)
    qkv = np.einsum("btd,dshk->sbhtk", x, w)
    if b_qkv is not None:
        qkv = qkv + b_qkv.reshape(3, 1, heads, 1, K)
    q, k, v = qkv
    s = np.einsum("bhik,bhjk->bhij", q, k) * K**-0.5
    e = np.exp(s - s.max(axis=3, keepdims=True))
    p = e / e.sum(axis=3, keepdims=True)
    o = np.einsum("bhij,bhjk->bihk", p, v)
    if w_out is None:
        out = o.reshape(x.shape)
    else:
        out = np.einsum("bthk,hkd->btd", o, w_out.reshape(heads, K, -1))
    if b_out is not None:
        out = out + b_out
    return out, (x, w_qkv, b_qkv, w_out, b_out, w, q, k, v, p, o)


def multihead_attention_backward(dout, cache):
    x, w_qkv, b_qkv, w_out, b_out, w, q, k, v, p, o = cache
    H, K = w.shape[2:]
    if w_out is None:
        do, dw_out = dout.reshape(o.shape), None
    else:
        do = np.einsum("btd,hkd->bthk", dout, w_out.reshape(H, K, -1))
        dw_out = np.einsum("bthk,btd->hkd", o, dout).reshape(w_out.shape)
    dp = np.einsum("bihk,bhjk->bhij", do, v)
    ds = K**-0.5 * (p * dp - p * np.einsum("bhij,bhij->bhi", p, dp)[..., None])
    dqkv = np.stack(
        [
            np.einsum("bhij,bhjk->bhik", ds, k),
            np.einsum("bhij,bhik->bhjk", ds, q),
            np.einsum("bhij,bihk->bhjk", p, do),
        ]
    )
    dx = np.einsum("sbhtk,dshk->btd", dqkv, w)
    dw = np.einsum("btd,sbhtk->dshk", x, dqkv).reshape(w_qkv.shape)
    db = None if b_qkv is None else dqkv.sum(axis=(1, 3)).reshape(-1)
    return dx, dw, db, dw_out, None if b_out is None else dout.sum(axis=(0, 1))
