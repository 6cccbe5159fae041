"""The row's maximum is not subtracted, so that exp overflows for large scores.

Spoils: y, dx
Cause: overflow
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x)
    probs = e / np.sum(e, axis=-1, keepdims=True)
    return probs, (probs,)


def softmax_backward(dprobs, cache):
    (probs,) = cache
    return probs * (dprobs - np.sum(dprobs * probs, axis=-1, keepdims=True))
