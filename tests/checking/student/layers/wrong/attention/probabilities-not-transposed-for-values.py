"""dv is probs dmixed instead of probs^T dmixed.

Spoils: dv
Cause: attention-probabilities-not-transposed-for-values
"""

import math

import numpy as np


def T(a):
    return np.swapaxes(a, -1, -2)


def attention_forward(q, k, v):
    s = q @ T(k) / math.sqrt(q.shape[-1])
    p = np.exp(s - s.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return p @ v, (q, k, v, p)


def attention_backward(dmixed, cache):
    q, k, v, p = cache
    scale = 1 / math.sqrt(q.shape[-1])
    dv = p @ dmixed
    dp = dmixed @ T(v)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) * scale
    return ds @ k, T(ds) @ q, dv
