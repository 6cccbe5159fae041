"""The offset is counted from the query to the key, not from the key to the query.

Spoils: y
Cause: attention-relative-scores-turned-round
"""

import math

import numpy as np

from minivit.ops.relative import offset_rows


def attention_forward(q, k, v, offsets=None):
    factor = 1 / math.sqrt(q.shape[-1])
    scores = q @ np.swapaxes(k, -1, -2) * factor
    if offsets is not None:
        rows = offset_rows(q.shape[-2], offsets.shape[-2])
        cls = offsets.shape[-2] % 2 == 0
        rows[cls:, cls:] = rows[cls:, cls:].T.copy()
        scores = scores + (q[..., None, :] * offsets[:, rows]).sum(axis=-1) * factor
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs, offsets)
