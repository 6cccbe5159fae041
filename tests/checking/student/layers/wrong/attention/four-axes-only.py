"""The einsums name four axes, so that q (T, K) and q (B, T, K) are refused.

Spoils: y
Cause: rank
"""

import math

import numpy as np


def attention_forward(q, k, v):
    s = np.einsum("bhik,bhjk->bhij", q, k) / math.sqrt(q.shape[-1])
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return np.einsum("bhij,bhjk->bhik", p, v), (q, k, v, p)


def attention_backward(dmixed, cache):
    q, k, v, p = cache
    dp = np.einsum("bhik,bhjk->bhij", dmixed, v)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) / math.sqrt(q.shape[-1])
    dq = np.einsum("bhij,bhjk->bhik", ds, k)
    dk = np.einsum("bhij,bhik->bhjk", ds, q)
    return dq, dk, np.einsum("bhij,bhik->bhjk", p, dmixed)
