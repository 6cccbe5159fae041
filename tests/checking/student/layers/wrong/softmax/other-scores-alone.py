"""The effect of a score on its own probability is missing.

Spoils: dx
Cause: softmax-other-scores-alone
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    return -p * np.sum(dprobs * p, axis=-1, keepdims=True)
