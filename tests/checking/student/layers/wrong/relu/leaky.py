"""Negative numbers are multiplied by 0.01, forwards and backwards.

Spoils: y, dx
Cause: relu-leaky
"""

import numpy as np


def relu_forward(x):
    slope = np.where(x > 0, 1.0, 0.01).astype(x.dtype)
    return slope * x, slope


def relu_backward(dy, slope):
    return slope * dy
