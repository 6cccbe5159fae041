"""The softmax runs along axis 0, that of the images.

Spoils: y
Cause: softmax-over-images
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=0, keepdims=True))
    probs = e / e.sum(axis=0, keepdims=True)
    return probs, (probs,)
