"""The loss takes the logarithm of probabilities, which are 0 for logits far apart.

Spoils: y
Cause: cross-entropy-log-of-a-probability
"""

import numpy as np


def cross_entropy_forward(logits, *, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    B, C = p.shape
    t = np.eye(C, dtype=p.dtype)[labels] if labels.ndim == 1 else labels.astype(p.dtype)
    return -np.mean(np.sum(t * np.log(p), axis=1)), (p, t)


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return (p - t) / len(p) * dloss
