"""The values are mixed by the transpose of the probabilities.

Spoils: y
Cause: attention-probabilities-transposed
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return np.swapaxes(probs, -1, -2) @ v, (q, k, v, probs)
