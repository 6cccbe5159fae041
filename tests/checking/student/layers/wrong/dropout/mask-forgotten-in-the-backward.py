"""dy goes back through values that were dropped.

Spoils: dx
Cause: dropout-mask-forgotten-in-the-backward
"""


def dropout_backward(dy, cache):
    return dy / (1 - cache.drop.rate)
