"""dq lacks what comes through the relative scores.

Spoils: dq
Cause: attention-relative-part-of-dq-forgotten
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
        for i in range(T):
            for j in range(T):
                devery[..., i, rows[i, j]] += dscores[..., i, j]
        doffsets = (np.swapaxes(devery, -1, -2) @ q).sum(axis=tuple(range(q.ndim - 3)))
    return dq, dk, np.swapaxes(probs, -1, -2) @ dmixed, doffsets
