"""The mean is squared instead of the numbers.

Spoils: y, dx
Cause: mean-squared-error-square-of-the-mean
"""

import numpy as np


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return d.mean() ** 2, (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    return 2 * d.mean() * np.ones_like(d) * (dloss / d.size)
