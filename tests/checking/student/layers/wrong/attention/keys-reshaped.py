"""k is reshaped to (K, T), not transposed.

Spoils: y
Cause: attention-keys-reshaped
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = q @ k.reshape((*k.shape[:-2], k.shape[-1], k.shape[-2])) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs)
