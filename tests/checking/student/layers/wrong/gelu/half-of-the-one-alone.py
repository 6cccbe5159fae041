"""In Phi 1/2 stands in the place of the 1 alone.

Spoils: y
Cause: gelu-half-of-one-term
"""

import math

import numpy as np


def phi(x, form):
    if form == "erf":
        return (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))) / 2
    return (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def gelu_forward(x, *, form="erf"):
    return x * (0.5 + (2 * phi(x, form) - 1)), (x, form)
