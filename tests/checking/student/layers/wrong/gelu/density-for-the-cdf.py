"""y is x times the density.

Spoils: y
Cause: gelu-density-for-the-cdf
"""

import math

import numpy as np


def density(x, form):
    if form == "erf":
        return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    th = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    return 0.5 * (1 - th * th) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)


def gelu_forward(x, *, form="erf"):
    return x * density(x, form), (x, form)
