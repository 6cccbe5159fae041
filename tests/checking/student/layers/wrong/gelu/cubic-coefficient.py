"""In the tanh form a digit of 0.044715 is lost.

Spoils: y
Cause: gelu-cubic-coefficient
"""

import math

import numpy as np


def phi(x, form):
    if form == "erf":
        return (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))) / 2
    return (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.04715 * x**3))) / 2


def gelu_forward(x, *, form="erf"):
    return x * phi(x, form), (x, form)
