"""dloss is taken to be 1; a lone backward.

Spoils: dlogits
Cause: upstream-ignored
"""


def cross_entropy_backward(dloss, cache):
    return (cache.probs - cache.targets) / cache.probs.shape[0]
