"""Smoothing gives s / C to all classes but the label.

Spoils: y, dlogits
Cause: cross-entropy-smoothing-leaves-out-the-label
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C)[labels] if labels.ndim == 1 else labels
    t = (t * (1 - smoothing) + (1 - t) * smoothing / C).astype(logits.dtype)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -(t * logp).sum(axis=1).mean()
    return loss, (logits, np.exp(logp), t)


def cross_entropy_backward(dloss, cache):
    logits, p, t = cache
    return (p - t) * dloss / len(p)
