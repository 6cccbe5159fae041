"""It is x sigmoid(1.702 x), a third form, with its own derivative.

Spoils: y, dx
Cause: gelu-sigmoid-approximation
"""

import numpy as np


def gelu_forward(x):
    s = 1 / (1 + np.exp(-1.702 * x))
    return x * s, (x, s)


def gelu_backward(dy, cache):
    x, s = cache
    return dy * (s + 1.702 * x * s * (1 - s))
