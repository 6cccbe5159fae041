"""The slope at 0 is taken as 1/2.

Spoils: dx
Cause: relu-slope-half-at-zero
"""

import numpy as np


def relu_forward(x):
    return np.maximum(x, 0), (1 + np.sign(x)) / 2


def relu_backward(dy, slope):
    return slope * dy
