"""The 1/2 of Phi is missing in its derivative.

Spoils: dx
Cause: gelu-half-forgotten-in-the-density
"""

import math

import numpy as np

C = math.sqrt(2 / math.pi)


def gelu_backward(dy, cache):
    x, cdf, form = cache
    if form == "tanh":
        t = np.tanh(C * (x + 0.044715 * x**3))
        du = C * (1 + 3 * 0.044715 * x**2)
        return dy * (0.5 * (1 + t) + x * (1 - t**2) * du)
    return dy * (cdf + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))
