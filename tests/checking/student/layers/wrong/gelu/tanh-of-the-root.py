"""A tanh stands in the place of erf.

Spoils: y
Cause: gelu-tanh-of-the-root
"""

import math

import numpy as np


def gelu_forward(x, *, form="erf"):
    u = x / math.sqrt(2)
    if form == "tanh":
        u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + np.tanh(u)), (x, form)
