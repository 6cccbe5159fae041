"""The row's sum has lost its axis (no keepdims), and is subtracted along another one, if at all.

Spoils: dx
Cause: shapes-do-not-fit
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dprobs, p):
    return p * (dprobs - (dprobs * p).sum(axis=-1))
