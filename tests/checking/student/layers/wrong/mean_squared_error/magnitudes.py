"""It is the mean of the magnitudes, not of the squares.

Spoils: y, dx
Cause: mean-squared-error-magnitudes
"""

import numpy as np


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return np.abs(d).mean(), (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    return np.sign(d) * (dloss / d.size)
