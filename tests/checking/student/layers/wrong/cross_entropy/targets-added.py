"""The targets are added.

Spoils: dlogits
Cause: cross-entropy-targets-added
"""


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return (p + t) * (dloss / len(p))
