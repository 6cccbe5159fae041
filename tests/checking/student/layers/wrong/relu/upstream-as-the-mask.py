"""The backward passes what is positive in dy instead of where x was positive.

Spoils: dx
Cause: relu-upstream-as-the-mask
"""

import numpy as np


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dy, x):
    return dy * (dy > 0)
