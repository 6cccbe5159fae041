"""The largest score in size is taken off.

Spoils: y
Cause: softmax-largest-in-size
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - np.abs(x).max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
