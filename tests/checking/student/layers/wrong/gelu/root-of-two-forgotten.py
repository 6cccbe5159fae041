"""Phi is taken as (1 + erf(x)) / 2, without the division by sqrt(2).

Spoils: y, dx
Cause: gelu-root-of-two-forgotten
"""

import math

import numpy as np


def gelu_forward(x):
    erf = np.vectorize(math.erf)(x).astype(x.dtype)
    return 0.5 * x * (1 + erf), (x, erf)


def gelu_backward(dy, cache):
    x, erf = cache
    return dy * (0.5 * (1 + erf) + x * np.exp(-(x**2)) / math.sqrt(math.pi))
