"""The probabilities are missing in dlogits.

Spoils: dlogits
Cause: cross-entropy-targets-alone
"""


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return -t * (dloss / len(p))
