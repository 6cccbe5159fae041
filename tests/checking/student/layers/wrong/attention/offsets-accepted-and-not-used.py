"""The offsets of relative positions are accepted, and change nothing.

Spoils: y, dq, dk, dv, doffsets
Cause: input-ignored
"""

import numpy as np


def attention_forward(q, k, v, offsets=None):
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p = p / p.sum(axis=-1, keepdims=True)
    return p @ v, (q, k, v, p, offsets)


def attention_backward(dmixed, cache):
    q, k, v, p, offsets = cache
    dp = dmixed @ v.swapaxes(-1, -2)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) / q.shape[-1] ** 0.5
    dv = p.swapaxes(-1, -2) @ dmixed
    doffsets = None if offsets is None else np.zeros_like(offsets)
    return ds @ k, ds.swapaxes(-1, -2) @ q, dv, doffsets
