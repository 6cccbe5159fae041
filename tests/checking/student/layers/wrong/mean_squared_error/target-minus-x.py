"""The gradient has the wrong sign: it is that with respect to the targets.

Spoils: dx
Cause: wrong-sign
"""


def mean_squared_error_forward(x, *, targets):
    t = targets.astype(x.dtype)
    return ((t - x) ** 2).mean(), (x, t)


def mean_squared_error_backward(dloss, cache):
    x, t = cache
    return 2 * (t - x) / x.size * dloss
