"""The scores are k q^T: a row belongs to a key, not to a query.

Spoils: y
Cause: attention-queries-and-keys-exchanged
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = k @ np.swapaxes(q, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs)
