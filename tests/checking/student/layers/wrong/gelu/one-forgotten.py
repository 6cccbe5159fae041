"""Phi is erf / 2: 1 is not added to erf.

Spoils: y, dx
Cause: gelu-one-forgotten
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return dy * (Phi(x) + x * density)
