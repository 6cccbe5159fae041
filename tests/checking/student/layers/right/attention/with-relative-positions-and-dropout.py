"""The whole signature but its options: relative positions by loops, and dropout."""

import math

import numpy as np

from minivit.ops import dropout_backward, dropout_forward
from minivit.ops.relative import offset_rows


def attention_forward(q, k, v, offsets=None, *, drop=None):
    T, K = q.shape[-2:]
    scores = np.einsum("...ik,...jk->...ij", q, k)
    if offsets is not None:
        rows = offset_rows(T, offsets.shape[-2])
        scores += np.einsum("...hik,hijk->...hij", q, offsets[:, rows])
    e = np.exp((scores - scores.max(axis=-1, keepdims=True)) / math.sqrt(K))
    p = e / e.sum(axis=-1, keepdims=True)
    used, mask = (p, None) if drop is None else dropout_forward(p, drop=drop)
    return used @ v, {"q": q, "k": k, "v": v, "p": p, "used": used, "mask": mask, "o": offsets}


def attention_backward(dmixed, cache):
    q, k, v, p, o = (cache[name] for name in "q k v p o".split())
    dv = np.einsum("...ij,...ik->...jk", cache["used"], dmixed)
    dp = np.einsum("...ik,...jk->...ij", dmixed, v)
    if cache["mask"] is not None:
        dp = dropout_backward(dp, cache["mask"])
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) / math.sqrt(q.shape[-1])
    dq = np.einsum("...ij,...jk->...ik", ds, k)
    dk = np.einsum("...ij,...ik->...jk", ds, q)
    do = None
    if o is not None:
        rows = offset_rows(q.shape[-2], o.shape[-2])
        dq += np.einsum("...hij,hijk->...hik", ds, o[:, rows])
        do = np.zeros_like(o)
        for i, j in np.ndindex(*rows.shape):
            do[:, rows[i, j]] += (ds[..., i, j, None] * q[..., i, :]).sum(axis=0)
    return dq, dk, dv, do
