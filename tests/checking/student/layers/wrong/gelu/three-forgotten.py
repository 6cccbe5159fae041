"""The 3 of the derivative of x^3 is missing.

Spoils: dx
Cause: gelu-three-forgotten
"""

import math

import numpy as np

C = math.sqrt(2 / math.pi)


def gelu_backward(dy, cache):
    x, cdf, form = cache
    if form == "tanh":
        t = np.tanh(C * (x + 0.044715 * x**3))
        du = C * (1 + 0.044715 * x**2)
        return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * du)
    return dy * (cdf + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))
