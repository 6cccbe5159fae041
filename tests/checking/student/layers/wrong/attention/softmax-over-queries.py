"""The softmax runs over the queries, so that each column of the probabilities sums to 1.

Spoils: y, dq, dk, dv
Cause: softmax-over-queries
"""

import math

import numpy as np


def attention_forward(q, k, v):
    s = np.einsum("...ik,...jk->...ij", q, k) / math.sqrt(q.shape[-1])
    e = np.exp(s - s.max(axis=-2, keepdims=True))
    p = e / e.sum(axis=-2, keepdims=True)
    return np.einsum("...ij,...jk->...ik", p, v), (q, k, v, p)


def attention_backward(do, cache):
    q, k, v, p = cache
    c = 1 / math.sqrt(q.shape[-1])
    dp = np.einsum("...ik,...jk->...ij", do, v)
    ds = p * (dp - (dp * p).sum(axis=-2, keepdims=True)) * c
    dq = np.einsum("...ij,...jk->...ik", ds, k)
    dk = np.einsum("...ij,...ik->...jk", ds, q)
    return dq, dk, np.einsum("...ij,...ik->...jk", p, do)
