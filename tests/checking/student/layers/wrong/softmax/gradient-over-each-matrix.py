"""The sum in dx runs over a whole matrix of scores.

Spoils: dx
Cause: softmax-gradient-over-each-matrix
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    return p * (dprobs - np.sum(dprobs * p, axis=(-2, -1), keepdims=True))
