"""The softmax runs over the images instead of the classes.

Spoils: y, dlogits
Cause: cross-entropy-softmax-over-images
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C)[labels] if labels.ndim == 1 else labels
    t = (t * (1 - smoothing) + smoothing / C).astype(logits.dtype)
    z = logits - logits.max(axis=0, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=0, keepdims=True))
    loss = -(t * logp).sum(axis=1).mean()
    return loss, (logits, np.exp(logp), t)


def cross_entropy_backward(dloss, cache):
    logits, p, t = cache
    return (p - t) * dloss / len(p)
