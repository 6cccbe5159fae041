"""it returns the logarithm of the probabilities.

Spoils: y
Cause: softmax-logarithm
"""

import numpy as np


def softmax_forward(x):
    x = x - x.max(axis=-1, keepdims=True)
    probs = x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
    return probs, (probs,)
