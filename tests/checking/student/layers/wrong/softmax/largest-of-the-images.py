"""The maximum runs over the images, so that it is no row's own.

Spoils: y
Cause: softmax-largest-of-the-images
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=0, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
