"""The backward subtracts the row's sum of dprobs, not weighed with the probabilities.

Spoils: dx
Cause: softmax-sum-without-probabilities
"""

import numpy as np


def softmax_forward(x):
    z = x - x.max(-1, keepdims=True)
    p = np.exp(z - np.log(np.exp(z).sum(-1, keepdims=True)))
    return p, p


def softmax_backward(dprobs, cache):
    return cache * (dprobs - dprobs.sum(-1, keepdims=True))
