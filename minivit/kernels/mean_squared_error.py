"""Mean squared error, the twin of `minivit.ops.mean_squared_error`.

A subtraction, a scalar product and a multiplication over the pixels of some patches: NumPy does
that, without an array of squares.
"""

import numpy as np

from minivit.ops.inputs import upstream
from minivit.ops.mean_squared_error import MeanSquaredErrorCache, difference_from

from .inputs import reals


def mean_squared_error_forward(x, *, targets):
    """x (B, ...), targets (B, ...) -> loss (), the mean of (x - targets)^2, of x's dtype."""
    (x,) = reals(x=x)
    difference = np.ascontiguousarray(difference_from(x, targets))
    flat = difference.reshape(-1)
    return x.dtype.type(np.dot(flat, flat) / flat.size), MeanSquaredErrorCache(difference)


def mean_squared_error_backward(dloss, cache):
    """dloss () -> dx (B, ...) = 2 (x - targets) dloss / n."""
    difference = cache.difference
    return difference * (2 * upstream(dloss, difference.dtype) / difference.size)
