"""Only what is positive both in x and in dy passes, as in guided backpropagation.

Spoils: dx
Cause: relu-both-masks
"""

import numpy as np


def relu_forward(x):
    return np.maximum(x, 0), x > 0


def relu_backward(dy, active):
    return np.maximum(dy, 0) * active
