"""The flat difference times itself."""

import numpy as np


def mean_squared_error_forward(x, *, targets):
    t = targets.astype(x.dtype)
    d = (x - t).ravel()
    return np.array(d @ (d / d.size)), (x, t)


def mean_squared_error_backward(dloss, cache):
    x, t = cache
    return (2 / x.size) * (x - t) * dloss
