"""erf is a formula with an error of 1e-7, that of Abramowitz and Stegun.

Spoils: y
Cause: gelu-erf-approximated
"""

import math

import numpy as np


def erf(x):
    t = 1 / (1 + 0.3275911 * np.abs(x))
    a = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    poly = sum(a[i] * t ** (i + 1) for i in range(5))
    return np.sign(x) * (1 - poly * np.exp(-(x**2)))


def gelu_forward(x):
    return 0.5 * x * (1 + erf(x / math.sqrt(2))), x
