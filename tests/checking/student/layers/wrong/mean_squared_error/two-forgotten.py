"""The derivative of a square without its 2.

Spoils: dx
Cause: mean-squared-error-two-forgotten
"""

import numpy as np


def mean_squared_error_forward(x, *, targets):
    diff = x - targets.astype(x.dtype)
    return np.mean(diff**2), diff


def mean_squared_error_backward(dloss, diff):
    return dloss * diff / diff.size
