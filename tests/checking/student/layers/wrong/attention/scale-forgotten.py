"""The scores are not divided by sqrt(K), and the backward is the derivative of that.

Spoils: y, dq, dk, dv
Cause: attention-scale-forgotten
"""

import numpy as np


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_forward(q, k, v):
    p = softmax(q @ k.swapaxes(-1, -2))
    return p @ v, (q, k, v, p)


def attention_backward(dmixed, cache):
    q, k, v, p = cache
    dv = p.swapaxes(-1, -2) @ dmixed
    dp = dmixed @ v.swapaxes(-1, -2)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    return ds @ k, ds.swapaxes(-1, -2) @ q, dv
