"""Of the Jacobian only the diagonal p (1 - p) is used.

Spoils: dx
Cause: softmax-diagonal-alone
"""

import numpy as np


def softmax_forward(x):
    x = x - np.max(x, axis=-1, keepdims=True)
    p = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
    return p, {"probs": p}


def softmax_backward(dprobs, cache):
    p = cache["probs"]
    return dprobs * p * (1 - p)
