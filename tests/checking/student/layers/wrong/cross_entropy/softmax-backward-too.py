"""The gradient goes through the softmax's backward as well.

Spoils: dlogits
Cause: cross-entropy-softmax-backward-too
"""


def cross_entropy_backward(dloss, cache):
    p, t = cache
    d = p - t
    return p * (d - (d * p).sum(axis=-1, keepdims=True)) * (dloss / len(p))
