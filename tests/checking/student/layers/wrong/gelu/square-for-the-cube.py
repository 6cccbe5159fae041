"""In the tanh form x^2 stands in the place of x^3.

Spoils: y
Cause: gelu-square-for-the-cube
"""

import math

import numpy as np


def phi(x, form):
    if form == "erf":
        return (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))) / 2
    return (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**2))) / 2


def gelu_forward(x, *, form="erf"):
    return x * phi(x, form), (x, form)
