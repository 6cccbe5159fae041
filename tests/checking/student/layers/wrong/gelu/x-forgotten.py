"""y is Phi(x), not x Phi(x).

Spoils: y, dx
Cause: gelu-x-forgotten
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_forward(x):
    return Phi(x), x


def gelu_backward(dy, x):
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return dy * density
