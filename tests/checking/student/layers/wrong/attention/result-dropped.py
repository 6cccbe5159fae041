"""Dropout acts on the mixed values, not on the probabilities.

Spoils: y
Cause: attention-result-dropped
"""

import math

import numpy as np

from minivit.ops import dropout_forward


def attention_forward(q, k, v, *, drop=None):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    mixed = probs @ v
    if drop is not None:
        mixed, _ = dropout_forward(mixed, drop=drop)
    return mixed, (q, k, v, probs)
