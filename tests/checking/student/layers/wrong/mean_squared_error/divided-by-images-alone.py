"""Loss and gradient divide by the number of images instead of by that of all numbers.

Spoils: y, dx
Cause: mean-squared-error-divided-by-images-alone
"""


def mean_squared_error_forward(x, *, targets):
    d = (x - targets).astype(x.dtype)
    return (d * d / len(x)).sum(), (d,)


def mean_squared_error_backward(dloss, cache):
    (d,) = cache
    return 2 * d * dloss / len(d)
