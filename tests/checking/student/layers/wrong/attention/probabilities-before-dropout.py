"""With dropout dv is made from the probabilities before it, which did not mix the values.

Spoils: dv
Cause: attention-probabilities-before-dropout
"""

import math

import numpy as np

from minivit.ops import dropout_backward, dropout_forward


def attention_forward(q, k, v, *, drop=None):
    s = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    p = np.exp(s - s.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    mask = None
    kept = p
    if drop is not None:
        kept, mask = dropout_forward(p, drop=drop)
    return kept @ v, (q, k, v, p, mask)


def attention_backward(dmixed, cache):
    q, k, v, p, mask = cache
    dv = np.swapaxes(p, -1, -2) @ dmixed
    dp = dmixed @ np.swapaxes(v, -1, -2)
    if mask is not None:
        dp = dropout_backward(dp, mask)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) / math.sqrt(q.shape[-1])
    return ds @ k, np.swapaxes(ds, -1, -2) @ q, dv
