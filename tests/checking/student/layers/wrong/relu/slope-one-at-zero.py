"""The slope at 0 is taken as 1.

Spoils: dx
Cause: relu-slope-one-at-zero
"""

import numpy as np


def relu_forward(x):
    return np.maximum(x, 0), x >= 0


def relu_backward(dy, mask):
    return dy * mask
