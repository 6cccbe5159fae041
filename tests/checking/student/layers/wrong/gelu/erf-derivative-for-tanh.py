"""The tanh form has the slope of the exact form.

Spoils: dx
Cause: gelu-erf-derivative-for-tanh
"""

import math

import numpy as np


def exact(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


def gelu_backward(dy, cache):
    x = cache.x
    return dy * (exact(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))
