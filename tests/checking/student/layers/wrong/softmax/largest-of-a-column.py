"""The maximum runs down the columns, so that it is no row's own.

Spoils: y
Cause: softmax-largest-of-a-column
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-2, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
