"""A temperature of 2 divides the scores.

Spoils: y
Cause: softmax-scores-halved
"""

import numpy as np


def softmax_forward(x):
    z = x / 2
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
