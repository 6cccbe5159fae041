"""It takes powers of 2.

Spoils: y
Cause: softmax-power-of-two
"""

import numpy as np


def softmax_forward(x):
    e = np.exp2(x - x.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
