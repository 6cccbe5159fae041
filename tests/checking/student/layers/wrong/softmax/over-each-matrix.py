"""The probabilities of a whole matrix of scores sum to 1, not those of each row.

Spoils: y
Cause: softmax-over-each-matrix
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=(-2, -1), keepdims=True))
    probs = e / e.sum(axis=(-2, -1), keepdims=True)
    return probs, (probs,)
