"""exp(x - max) is not divided by its sum.

Spoils: y
Cause: softmax-not-divided
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    probs = e
    return probs, (probs,)
