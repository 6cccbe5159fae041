"""The probabilities are divided by sqrt(K), not the scores.

Spoils: y
Cause: attention-scale-after-the-softmax
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True) / math.sqrt(q.shape[-1])
    return probs @ v, (q, k, v, probs)
