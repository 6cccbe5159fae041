"""What is negative changes its sign instead of becoming 0.

Spoils: y, dx
Cause: relu-magnitude
"""

import numpy as np


def relu_forward(x):
    return np.abs(x), np.sign(x)


def relu_backward(dy, sign):
    return dy * sign
