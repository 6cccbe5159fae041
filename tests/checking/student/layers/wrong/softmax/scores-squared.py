"""The softmax is that of the squared scores.

Spoils: y
Cause: softmax-scores-squared
"""

import numpy as np


def softmax_forward(x):
    z = x * x
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
