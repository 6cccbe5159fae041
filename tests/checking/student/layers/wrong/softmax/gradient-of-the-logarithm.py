"""The gradient is that of a log-softmax.

Spoils: dx
Cause: softmax-gradient-of-the-logarithm
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    return dprobs - p * np.sum(dprobs, axis=-1, keepdims=True)
