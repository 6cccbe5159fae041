"""Phi' has exp(-x^2) where exp(-x^2 / 2) belongs.

Spoils: dx
Cause: gelu-density-half-forgotten
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    density = np.exp(-(x**2)) / math.sqrt(2 * math.pi)
    return dy * (Phi(x) + x * density)
