"""The smallest score has the largest probability.

Spoils: y
Cause: softmax-sign-of-the-scores
"""

import numpy as np


def softmax_forward(x):
    z = -x
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
