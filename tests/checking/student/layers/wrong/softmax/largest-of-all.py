"""The largest score of all is taken off, and a row far below it has nothing left but 0.

Spoils: y
Cause: softmax-largest-of-all
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max())
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
