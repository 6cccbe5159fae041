"""exp is divided by its mean, not by its sum.

Spoils: y
Cause: softmax-divided-by-the-mean
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    probs = e / e.mean(axis=-1, keepdims=True)
    return probs, (probs,)
