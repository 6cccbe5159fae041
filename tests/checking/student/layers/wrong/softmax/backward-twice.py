"""The gradient goes back through the softmax twice.

Spoils: dx
Cause: softmax-backward-twice
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    for _ in range(2):
        dprobs = p * (dprobs - np.sum(p * dprobs, axis=-1, keepdims=True))
    return dprobs
