"""The slope is that of x sigmoid(x).

Spoils: dx
Cause: gelu-slope-of-silu
"""

import math

import numpy as np


def phi(x, form):
    if form == "erf":
        return (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))) / 2
    return (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def silu_slope(x):
    s = 1 / (1 + np.exp(-x))
    return s * (1 + x * (1 - s))


def gelu_forward(x, *, form="erf"):
    return x * phi(x, form), (x, form)


def gelu_backward(dy, cache):
    x, form = cache
    return dy * silu_slope(x)
