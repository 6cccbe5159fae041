"""The backward takes what follows axis 0 for one row, which a matrix alone has; a lone backward.

Spoils: dx
Cause: softmax-gradient-over-each-image
"""

import numpy as np


def softmax_backward(dprobs, cache):
    probs = cache.probs
    dx = np.zeros_like(probs)
    for i in range(len(probs)):
        p = probs[i].reshape(-1, 1)
        J = np.diagflat(p) - p @ p.T
        dx[i] = (J @ dprobs[i].reshape(-1, 1)).reshape(probs[i].shape)
    return dx
