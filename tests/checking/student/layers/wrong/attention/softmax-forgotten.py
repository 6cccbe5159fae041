"""The scores themselves mix the values.

Spoils: y
Cause: attention-softmax-forgotten
"""

import math

import numpy as np


def attention_forward(q, k, v):
    probs = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    return probs @ v, (q, k, v, probs)
