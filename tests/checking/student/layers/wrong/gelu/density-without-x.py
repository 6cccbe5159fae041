"""Phi'(x) is added to Phi(x) without its factor x.

Spoils: dx
Cause: gelu-density-without-x
"""

import math

import numpy as np


def Phi(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return dy * (Phi(x) + density)
