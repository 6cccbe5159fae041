"""The largest score of each matrix is taken off, not that of each row.

Spoils: y
Cause: softmax-largest-of-a-matrix
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=(-2, -1), keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
