"""The exact form gets the derivative of the tanh approximation.

Spoils: dx
Cause: gelu-tanh-derivative-for-erf
"""

import math

import numpy as np


def gelu_forward(x, *, form="erf"):
    c = math.sqrt(2 / math.pi)
    if form == "tanh":
        y = 0.5 * x * (1 + np.tanh(c * (x + 0.044715 * x**3)))
    else:
        y = 0.5 * x * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))
    return y, x


def gelu_backward(dy, x):
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    slope = 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2)
    return dy * slope
