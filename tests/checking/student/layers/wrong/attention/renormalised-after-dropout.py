"""The probabilities that dropout kept are divided by their sum again.

Spoils: y
Cause: attention-renormalised-after-dropout
"""

import math

import numpy as np

from minivit.ops import dropout_forward


def attention_forward(q, k, v, *, drop=None):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    if drop is not None:
        probs, _ = dropout_forward(probs, drop=drop)
        probs = probs / np.maximum(probs.sum(axis=-1, keepdims=True), 1e-9)
    return probs @ v, (q, k, v, probs)
