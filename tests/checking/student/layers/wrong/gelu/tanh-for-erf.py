"""y is the tanh approximation, where the exact form is asked for.

Spoils: y, dx
Cause: gelu-tanh-for-erf
"""

import math

import numpy as np


def gelu_forward(x):
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + t), (x, t)


def gelu_backward(dy, cache):
    x, t = cache
    c = math.sqrt(2 / math.pi)
    return dy * 0.5 * (1 + t + x * (1 - t * t) * c * (1 + 3 * 0.044715 * x**2))
