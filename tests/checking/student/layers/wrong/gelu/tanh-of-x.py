"""Phi has a plain tanh in both forms.

Spoils: y
Cause: gelu-tanh-of-x
"""

import numpy as np


def gelu_forward(x, *, form="erf"):
    return x * (1 + np.tanh(x)) / 2, (x, form)
