"""The columns sum to 1 instead of the rows; the backward is the derivative of that.

Spoils: y, dx
Cause: softmax-over-queries
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-2, keepdims=True))
    p = e / e.sum(axis=-2, keepdims=True)
    return p, p


def softmax_backward(dprobs, cache):
    p = cache
    return p * (dprobs - (p * dprobs).sum(axis=-2, keepdims=True))
