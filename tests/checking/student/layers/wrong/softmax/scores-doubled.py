"""The exponentials are squared before they are divided by their sum.

Spoils: y
Cause: softmax-scores-doubled
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True)) ** 2
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
