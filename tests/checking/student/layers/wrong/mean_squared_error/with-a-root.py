"""It is the root of the mean.

Spoils: y, dx
Cause: mean-squared-error-with-a-root
"""

import numpy as np


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return np.sqrt((d * d).mean()), (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    root = np.sqrt((d * d).mean())
    return d * (dloss / (d.size * root))
