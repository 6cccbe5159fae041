"""The slope of a sigmoid is multiplied in.

Spoils: dlogits
Cause: cross-entropy-sigmoids-slope
"""


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return ((p - t) * p * (1 - p)) * (dloss / len(p))
