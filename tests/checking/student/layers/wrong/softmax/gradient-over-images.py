"""The sum in dx runs over the images.

Spoils: dx
Cause: softmax-gradient-over-images
"""

import numpy as np


def softmax_backward(dprobs, cache):
    p = cache.probs
    return p * (dprobs - np.sum(dprobs * p, axis=0, keepdims=True))
