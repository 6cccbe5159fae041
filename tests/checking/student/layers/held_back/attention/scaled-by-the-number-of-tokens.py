"""The scores are divided by sqrt(T), the number of tokens; the backward is the derivative of that.

Spoils: y, dq, dk, dv
Cause: attention-scale-of-the-tokens
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scale = 1 / math.sqrt(k.shape[-2])
    s = scale * np.matmul(q, np.swapaxes(k, -1, -2))
    s = s - s.max(axis=-1, keepdims=True)
    p = np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True)
    return np.matmul(p, v), (q, k, v, p, scale)


def attention_backward(dmixed, cache):
    q, k, v, p, scale = cache
    dp = np.matmul(dmixed, np.swapaxes(v, -1, -2))
    ds = scale * p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    dk = np.matmul(np.swapaxes(ds, -1, -2), q)
    return np.matmul(ds, k), dk, np.matmul(np.swapaxes(p, -1, -2), dmixed)
