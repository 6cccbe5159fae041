"""dy is multiplied by y, not by the slope of y.

Spoils: dx
Cause: gelu-y-for-the-slope
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    return dy * (x * Phi(x))
