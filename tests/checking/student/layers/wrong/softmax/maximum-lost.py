"""The maximum is taken off in the sum alone.

Spoils: y
Cause: softmax-maximum-lost
"""

import numpy as np


def softmax_forward(x):
    m = x.max(axis=-1, keepdims=True)
    probs = np.exp(x) / np.exp(x - m).sum(axis=-1, keepdims=True)
    return probs, (probs,)
