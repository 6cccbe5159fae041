"""The constant of the tanh form is 0.44715 instead of 0.044715, forwards and backwards.

Spoils: y, dx
Cause: gelu-cubic-coefficient
"""

import math

import numpy as np


def gelu_forward(x, *, form="erf"):
    if form == "tanh":
        u = math.sqrt(2 / math.pi) * (x + 0.44715 * x**3)
        cdf = (1 + np.tanh(u)) / 2
    else:
        cdf = (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))) / 2
    return x * cdf, (x, cdf, form)


def gelu_backward(dy, cache):
    x, cdf, form = cache
    if form == "tanh":
        du = math.sqrt(2 / math.pi) * (1 + 3 * 0.44715 * x**2)
        dcdf = 2 * cdf * (1 - cdf) * du
    else:
        dcdf = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return dy * (cdf + x * dcdf)
