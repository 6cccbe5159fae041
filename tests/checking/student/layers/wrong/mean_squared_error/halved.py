"""The loss is half of the mean, as in some books; a lone forward.

Spoils: y
Cause: mean-squared-error-halved
"""


def mean_squared_error_forward(x, *, targets):
    d = x - targets.astype(x.dtype)
    return (d * d).mean() / 2, None
