"""The backward subtracts the targets from the probabilities in its cache: a second call differs.

Spoils: state
Cause: second-call-differs
"""

import numpy as np


def cross_entropy_forward(logits, *, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z)
    total = p.sum(axis=1, keepdims=True)
    p /= total
    t = labels
    if labels.ndim == 1:
        t = np.eye(z.shape[1])[labels]
    t = t.astype(z.dtype)
    return (t * (np.log(total) - z)).sum(axis=1).mean(), (p, t)


def cross_entropy_backward(dloss, cache):
    dlogits, t = cache
    dlogits -= t
    dlogits /= len(t)
    return dlogits * dloss
