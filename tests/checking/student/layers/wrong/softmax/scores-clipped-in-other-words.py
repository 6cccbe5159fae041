"""The scores are clipped, so that exp cannot overflow.

Spoils: y
Cause: softmax-scores-clipped
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(np.clip(x, -50, 50))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
