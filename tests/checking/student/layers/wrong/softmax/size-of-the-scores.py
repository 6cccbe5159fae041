"""The softmax is that of the scores' size.

Spoils: y
Cause: softmax-size-of-the-scores
"""

import numpy as np


def softmax_forward(x):
    z = abs(x)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
