"""np.vectorize(math.erf) gives float64, whatever x is.

Spoils: dtype
Cause: dtype-promoted
"""

import math

import numpy as np

erf = np.vectorize(math.erf)


def gelu_forward(x):
    cdf = 0.5 * (1.0 + erf(x / math.sqrt(2.0)))
    return x * cdf, (x, cdf)


def gelu_backward(dy, cache):
    x, cdf = cache
    pdf = np.exp(-0.5 * x**2) / math.sqrt(2.0 * math.pi)
    return dy * (cdf + x * pdf)
