"""Dropout sets scores to 0, not probabilities.

Spoils: y
Cause: attention-scores-dropped
"""

import math

import numpy as np

from minivit.ops import dropout_forward


def attention_forward(q, k, v, *, drop=None):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    if drop is not None:
        scores, _ = dropout_forward(scores, drop=drop)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs)
