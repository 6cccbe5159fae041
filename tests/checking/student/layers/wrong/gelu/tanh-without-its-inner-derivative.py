"""In the tanh form the derivative of x + 0.044715 x^3 is forgotten.

Spoils: dx
Cause: gelu-inner-derivative-forgotten
"""

import math

import numpy as np

C = math.sqrt(2 / math.pi)


def gelu_forward(x, *, form="erf"):
    if form == "erf":
        cdf = 0.5 + 0.5 * np.vectorize(math.erf, otypes=[x.dtype])(x * math.sqrt(0.5))
        return x * cdf, (x, cdf, None)
    t = np.tanh(C * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + t), (x, 0.5 * (1 + t), t)


def gelu_backward(dy, cache):
    x, cdf, t = cache
    if t is None:
        return dy * (cdf + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))
    return dy * (cdf + 0.5 * x * (1 - t * t) * C)
