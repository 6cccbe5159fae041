"""dy passes as it is, also where x was negative.

Spoils: dx
Cause: relu-slope-forgotten
"""

import numpy as np


def relu_forward(x):
    return np.maximum(x, 0), None


def relu_backward(dy, cache):
    return 1 * dy
