"""A small number is added to the sum, against a division by 0 that cannot be.

Spoils: y
Cause: softmax-eps-in-the-sum
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    probs = e / (e.sum(axis=-1, keepdims=True) + 1e-6)
    return probs, (probs,)
