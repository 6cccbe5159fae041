"""The targets are multiplied by the probabilities.

Spoils: dlogits
Cause: cross-entropy-targets-multiplied
"""


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return (p * t) * (dloss / len(p))
