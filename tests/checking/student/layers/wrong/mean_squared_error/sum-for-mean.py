"""The squares are summed, and not divided by how many there are.

Spoils: y, dx
Cause: mean-squared-error-sum-for-mean
"""


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return (d * d).sum(), (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    return 2 * d * dloss
