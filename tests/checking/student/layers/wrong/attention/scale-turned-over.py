"""The scores are multiplied by sqrt(K), not divided.

Spoils: y
Cause: attention-scale-turned-over
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) * math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs)
