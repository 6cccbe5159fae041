"""The maximum of the whole array is subtracted: a row far below it underflows to 0 / 0.

Spoils: y, dx
Cause: softmax-largest-of-all
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max())
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dprobs, cache):
    inner = np.einsum("...i,...i->...", dprobs, cache)
    return cache * (dprobs - inner[..., None])
