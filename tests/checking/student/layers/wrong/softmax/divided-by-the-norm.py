"""exp is divided by the root of its squares' sum.

Spoils: y
Cause: softmax-divided-by-the-norm
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    probs = e / np.linalg.norm(e, axis=-1, keepdims=True)
    return probs, (probs,)
