"""A score's own exponential is missing in the sum.

Spoils: y
Cause: softmax-itself-left-out
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    probs = e / (e.sum(axis=-1, keepdims=True) - e)
    return probs, (probs,)
