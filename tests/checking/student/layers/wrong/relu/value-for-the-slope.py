"""dy is multiplied by y instead of by the slope.

Spoils: dx
Cause: relu-value-for-the-slope
"""

import numpy as np


def relu_forward(x):
    y = np.maximum(x, 0)
    return y, y


def relu_backward(dy, y):
    return y * dy
