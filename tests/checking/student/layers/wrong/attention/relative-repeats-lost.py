"""An offset that a query has to several keys gets the gradient of one of them.

Spoils: dq, doffsets
Cause: attention-relative-repeats-lost
"""

import math

import numpy as np

from minivit.ops.relative import offset_rows


def attention_forward(q, k, v, offsets=None):
    factor = 1 / math.sqrt(q.shape[-1])
    scores = q @ np.swapaxes(k, -1, -2) * factor
    if offsets is not None:
        rows = offset_rows(q.shape[-2], offsets.shape[-2])
        scores = scores + (q[..., None, :] * offsets[:, rows]).sum(axis=-1) * factor
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs, offsets)


def attention_backward(dmixed, cache):
    q, k, v, probs, offsets = cache
    factor = 1 / math.sqrt(q.shape[-1])
    dprobs = dmixed @ np.swapaxes(v, -1, -2)
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True)) * factor
    dq, dk = dscores @ k, np.swapaxes(dscores, -1, -2) @ q
    doffsets = None
    if offsets is not None:
        T = q.shape[-2]
        rows = offset_rows(T, offsets.shape[-2])
        devery = np.zeros((*q.shape[:-1], offsets.shape[-2]), q.dtype)
        devery[..., np.arange(T)[:, None], rows] += dscores
        dq = dq + devery @ offsets
        doffsets = (np.swapaxes(devery, -1, -2) @ q).sum(axis=tuple(range(q.ndim - 3)))
    return dq, dk, np.swapaxes(probs, -1, -2) @ dmixed, doffsets
