"""The maximum is subtracted and exp taken in the caller's array.

Spoils: inputs
Cause: input-overwritten
"""

import numpy as np


def softmax_forward(x):
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x, x.copy()


def softmax_backward(dprobs, cache):
    return cache * (dprobs - np.sum(dprobs * cache, axis=-1, keepdims=True))
