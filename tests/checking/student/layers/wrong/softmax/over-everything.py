"""All probabilities together sum to 1: the sum is given no axis.

Spoils: y
Cause: softmax-over-everything
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max())
    probs = e / e.sum()
    return probs, (probs,)
