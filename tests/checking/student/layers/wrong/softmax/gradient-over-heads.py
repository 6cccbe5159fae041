"""The sum in dx runs over the heads.

Spoils: dx
Cause: softmax-gradient-over-heads
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    axis = 1 if p.ndim == 4 else -1
    return p * (dprobs - np.sum(dprobs * p, axis=axis, keepdims=True))
