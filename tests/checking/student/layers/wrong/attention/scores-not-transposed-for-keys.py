"""dk is dscores q instead of dscores^T q.

Spoils: dk
Cause: attention-scores-gradient-not-transposed
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scale = 1.0 / math.sqrt(q.shape[-1])
    s = scale * (q @ k.swapaxes(-2, -1))
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    a = e / e.sum(axis=-1, keepdims=True)
    return a @ v, dict(q=q, k=k, v=v, a=a, scale=scale)


def attention_backward(dmixed, cache):
    q, k, v, a, scale = (cache[n] for n in ("q", "k", "v", "a", "scale"))
    da = dmixed @ v.swapaxes(-2, -1)
    ds = a * (da - np.sum(da * a, axis=-1, keepdims=True))
    dq = scale * (ds @ k)
    dk = scale * (ds @ q)
    return dq, dk, a.swapaxes(-2, -1) @ dmixed
