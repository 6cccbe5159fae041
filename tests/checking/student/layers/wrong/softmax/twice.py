"""The softmax is taken twice.

Spoils: y
Cause: softmax-twice
"""

import numpy as np


def softmax_forward(x):
    for _ in range(2):
        x = np.exp(x - x.max(axis=-1, keepdims=True))
        x = x / x.sum(axis=-1, keepdims=True)
    return x, (x,)
