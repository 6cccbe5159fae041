"""y is x sigmoid(x), which is SiLU.

Spoils: y, dx
Cause: gelu-silu
"""

import numpy as np


def gelu_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)


def gelu_backward(dy, cache):
    x, s = cache
    return dy * s * (1 + x * (1 - s))
