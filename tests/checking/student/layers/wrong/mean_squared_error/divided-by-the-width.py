"""The sum is divided by the width instead of the number of all numbers.

Spoils: y, dx
Cause: mean-squared-error-divided-by-the-width
"""


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return (d * d).mean(axis=-1).sum(), (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    return 2 * d * (dloss / d.shape[-1])
