"""The gradient is probs dprobs, without the sum over the row.

Spoils: dx
Cause: softmax-row-sum-forgotten
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dprobs, cache):
    return cache * dprobs
