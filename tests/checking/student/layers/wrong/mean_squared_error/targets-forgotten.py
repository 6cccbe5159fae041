"""The targets are not subtracted.

Spoils: dx
Cause: mean-squared-error-targets-forgotten
"""


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return (d * d).mean(), (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    return 2 * x * (dloss / d.size)
