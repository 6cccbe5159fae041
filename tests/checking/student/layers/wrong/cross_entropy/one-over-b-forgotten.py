"""The gradient is not divided by the number of images.

Spoils: dlogits
Cause: cross-entropy-not-divided-by-the-images
"""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C, dtype=logits.dtype)[labels] if labels.ndim == 1 else labels.astype(logits.dtype)
    t = t * (1 - smoothing) + smoothing / C
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(t * logp).sum(axis=1).mean(), (softmax(logits), t)


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return dloss * (p - t)
