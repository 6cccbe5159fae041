"""A mask of language models is left on: no query sees the keys that come after it.

Spoils: y, dq, dk, dv
Cause: attention-causal-mask
"""

import math

import numpy as np


def attention_forward(q, k, v):
    T = q.shape[-2]
    s = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    s = np.where(np.tril(np.ones((T, T), bool)), s, s.dtype.type(-1e9))
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p @ v, (q, k, v, p)


def attention_backward(dmixed, cache):
    q, k, v, p = cache
    dp = dmixed @ np.swapaxes(v, -1, -2)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) / math.sqrt(q.shape[-1])
    return ds @ k, np.swapaxes(ds, -1, -2) @ q, np.swapaxes(p, -1, -2) @ dmixed
