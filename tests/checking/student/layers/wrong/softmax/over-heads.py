"""The softmax runs along axis 1, that of the heads.

Spoils: y
Cause: softmax-over-heads
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    return probs, (probs,)
