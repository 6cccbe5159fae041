"""dq is made with q instead of k, the other input's part.

Spoils: dq, dk
Cause: attention-queries-and-keys-exchanged-in-the-backward
"""

import math

import numpy as np


def attention_forward(q, k, v):
    s = q @ np.swapaxes(k, -1, -2) / math.sqrt(k.shape[-1])
    e = np.exp(s - s.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    return p @ v, (q, k, v, p)


def attention_backward(dmixed, cache):
    q, k, v, p = cache
    dp = dmixed @ np.swapaxes(v, -1, -2)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) / math.sqrt(k.shape[-1])
    dq = ds @ q
    dk = np.swapaxes(ds, -1, -2) @ k
    return dq, dk, np.swapaxes(p, -1, -2) @ dmixed
