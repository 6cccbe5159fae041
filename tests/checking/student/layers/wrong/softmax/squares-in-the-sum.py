"""The row's sum has the squares of the probabilities.

Spoils: dx
Cause: softmax-squares-in-the-sum
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    return p * (dprobs - np.sum(dprobs * p**2, axis=-1, keepdims=True))
