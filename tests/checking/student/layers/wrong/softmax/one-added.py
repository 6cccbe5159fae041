"""The sum begins at 1 instead of 0.

Spoils: y
Cause: softmax-one-added
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    probs = e / (1 + e.sum(axis=-1, keepdims=True))
    return probs, (probs,)
