"""The backward takes the softmax of what is the probabilities already.

Spoils: dx
Cause: softmax-again-in-the-backward
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    q = np.exp(p) / np.exp(p).sum(axis=-1, keepdims=True)
    return q * (dprobs - (q * dprobs).sum(axis=-1, keepdims=True))
