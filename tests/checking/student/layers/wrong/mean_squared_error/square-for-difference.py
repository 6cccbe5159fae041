"""dx has the square of the difference where the difference should stand.

Spoils: dx
Cause: mean-squared-error-square-for-difference
"""


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return (d * d).mean(), (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    return 2 * d * d * (dloss / d.size)
