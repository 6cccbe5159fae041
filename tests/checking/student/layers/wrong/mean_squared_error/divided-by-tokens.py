"""The sum is divided by the number of tokens instead of that of all numbers.

Spoils: y, dx
Cause: mean-squared-error-divided-by-tokens
"""


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return (d * d).sum(axis=-1).mean(), (d, x)


def mean_squared_error_backward(dloss, cache):
    d, x = cache
    return 2 * d * (dloss / d[..., 0].size)
