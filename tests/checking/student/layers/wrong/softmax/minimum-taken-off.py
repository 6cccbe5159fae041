"""The smallest score of a row is taken off, not the largest.

Spoils: y
Cause: softmax-minimum-taken-off
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - np.min(x, axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
