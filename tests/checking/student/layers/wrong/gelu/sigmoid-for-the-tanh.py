"""In the tanh form a sigmoid has replaced the tanh, with the same argument.

Spoils: y
Cause: gelu-sigmoid-for-the-tanh
"""

import math

import numpy as np


def phi(x, form):
    if form == "erf":
        return (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))) / 2
    return 1 / (1 + np.exp(-math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_forward(x, *, form="erf"):
    return x * phi(x, form), (x, form)
