"""The loss is the sum over the images instead of their mean, and the gradient that of the sum.

Spoils: y, dlogits
Cause: cross-entropy-not-divided-by-the-images
"""

import numpy as np


def cross_entropy_forward(logits, *, labels):
    B, C = logits.shape
    t = labels.astype(logits.dtype) if labels.ndim == 2 else np.eye(C, dtype=logits.dtype)[labels]
    z = logits - logits.max(axis=1)[:, None]
    logp = z - np.log(np.exp(z).sum(axis=1))[:, None]
    return -(t * logp).sum(), (np.exp(logp), t)


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return dloss * (p - t)
