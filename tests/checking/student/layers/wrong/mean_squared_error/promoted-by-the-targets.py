"""float64 targets make the difference, the loss and the gradient of a float32 x float64.

Spoils: dtype
Cause: dtype-promoted
"""

import numpy as np


def mean_squared_error_forward(x, *, targets):
    error = x - targets
    return np.square(error).mean(), {"error": error, "n": x.size}


def mean_squared_error_backward(dloss, cache):
    return 2.0 / cache["n"] * cache["error"] * dloss
