"""Smoothing gives s / (C - 1) to every class but the label, and 1 - s to the label.

Spoils: y, dlogits
Cause: cross-entropy-smoothing-among-the-others
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    if labels.ndim == 1:
        t = np.full((B, C), smoothing / max(C - 1, 1), logits.dtype)
        t[np.arange(B), labels] = 1 - smoothing
    else:
        t = labels.astype(logits.dtype)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(t * logp).sum(axis=1).mean(), (np.exp(logp), t)


def cross_entropy_backward(dloss, cache):
    p, t = cache
    total = t.sum(axis=1, keepdims=True)
    return (p * total - t) * (dloss / len(p))
