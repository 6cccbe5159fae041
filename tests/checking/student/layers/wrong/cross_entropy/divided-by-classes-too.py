"""The gradient is divided by B C instead of by B.

Spoils: dlogits
Cause: cross-entropy-divided-by-classes-too
"""

import numpy as np


def cross_entropy_forward(logits, *, labels):
    if labels.ndim == 2:
        t = labels.astype(logits.dtype)
    else:
        t = np.zeros_like(logits)
        for i, label in enumerate(labels):
            t[i, label] = 1
    m = logits.max(axis=-1, keepdims=True)
    lse = m + np.log(np.sum(np.exp(logits - m), axis=-1, keepdims=True))
    loss = np.mean(np.sum(t * (lse - logits), axis=-1))
    return loss, (logits, lse, t)


def cross_entropy_backward(dloss, cache):
    logits, lse, t = cache
    return (np.exp(logits - lse) - t) / t.size * dloss
