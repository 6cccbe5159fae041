"""The scores are divided by the root of their number.

Spoils: y
Cause: softmax-divided-by-the-root-of-the-length
"""

import numpy as np


def softmax_forward(x):
    z = x / x.shape[-1] ** 0.5
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
