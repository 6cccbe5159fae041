"""The mean of a row is taken off, not its maximum.

Spoils: y
Cause: softmax-mean-taken-off
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.mean(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
