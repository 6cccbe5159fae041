"""The second term of the product rule has a minus.

Spoils: dx
Cause: gelu-density-subtracted
"""

import math

import numpy as np


def phi(x, form):
    if form == "erf":
        return (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))) / 2
    return (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def density(x, form):
    if form == "erf":
        return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    th = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    return 0.5 * (1 - th * th) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)


def gelu_forward(x, *, form="erf"):
    return x * phi(x, form), (x, form)


def gelu_backward(dy, cache):
    x, form = cache
    return dy * (phi(x, form) - x * density(x, form))
