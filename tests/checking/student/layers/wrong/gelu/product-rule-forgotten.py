"""The derivative is Phi(x) alone, without x Phi'(x).

Spoils: dx
Cause: gelu-product-rule-forgotten
"""

import math

import numpy as np


def Phi(x):
    return (0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))).astype(x.dtype)


def gelu_forward(x):
    return x * Phi(x), x


def gelu_backward(dy, x):
    return dy * Phi(x)
