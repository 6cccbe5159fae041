"""Phi' is divided by 2 pi, not by its root.

Spoils: dx
Cause: gelu-density-divided-by-two-pi
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    density = np.exp(-0.5 * x * x) / (2 * math.pi)
    return dy * (Phi(x) + x * density)
