"""In the tanh form sqrt(2/pi) multiplies x alone, and not the cubic term.

Spoils: y, dx
Cause: gelu-cubic-outside-the-root
"""

import math

import numpy as np

_erf = np.vectorize(math.erf, otypes=[np.float64])


def gelu_forward(x, *, form="erf"):
    x = np.maximum(x, -40.0)  # -inf times 0 would be nan
    if form == "tanh":
        t = np.tanh(math.sqrt(2 / math.pi) * x + 0.044715 * np.minimum(x, 40.0) ** 3)
        return 0.5 * x * (1 + t), (x, t, form)
    phi = 0.5 * (1 + _erf(x / math.sqrt(2))).astype(x.dtype)
    return x * phi, (x, phi, form)


def gelu_backward(dy, cache):
    x, saved, form = cache
    x = np.minimum(x, 40.0)
    if form == "tanh":
        t = saved
        inner = math.sqrt(2 / math.pi) + 3 * 0.044715 * x**2
        return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner)
    pdf = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return dy * (saved + x * pdf)
