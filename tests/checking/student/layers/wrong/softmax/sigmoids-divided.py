"""Sigmoids stand in the place of exp.

Spoils: y
Cause: softmax-sigmoids-divided
"""

import numpy as np


def softmax_forward(x):
    s = 1 / (1 + np.exp(-x))
    probs = s / s.sum(axis=-1, keepdims=True)
    return probs, (probs,)
