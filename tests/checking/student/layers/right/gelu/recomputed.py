"""math.erf through np.frompyfunc, cast back; the cache is x alone."""

import math

import numpy as np

ERF = np.frompyfunc(math.erf, 1, 1)


def phi(x):
    return (1 + ERF(x / math.sqrt(2)).astype(x.dtype)) / 2


def gelu_forward(x):
    return phi(x) * x, x


def gelu_backward(dy, x):
    return dy * (phi(x) + x / math.sqrt(2 * math.pi) * np.exp(-x * x / 2))
