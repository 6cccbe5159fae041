"""The negative numbers are set to 0 in the caller's x.

Spoils: inputs
Cause: input-overwritten
"""

import numpy as np


def relu_forward(x):
    x[x < 0] = 0
    return x, x > 0


def relu_backward(dy, mask):
    return np.where(mask, dy, dy.dtype.type(0))
