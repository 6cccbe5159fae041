"""The slope is that of x sigmoid(1.702 x).

Spoils: dx
Cause: gelu-slope-of-the-sigmoid-form
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    s = 1 / (1 + np.exp(-1.702 * x))
    return dy * (s + 1.702 * x * s * (1 - s))
