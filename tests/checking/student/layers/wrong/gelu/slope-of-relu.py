"""dy is let through where x > 0, which is ReLU's slope.

Spoils: dx
Cause: gelu-slope-of-relu
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    return dy * (x > 0)
