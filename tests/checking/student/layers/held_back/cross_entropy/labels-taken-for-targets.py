"""Labels are taken for soft targets where there are as many images as classes.

Spoils: y, dlogits
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    if labels.shape[-1] == C:
        t = labels.astype(logits.dtype)
    else:
        t = np.eye(C, dtype=logits.dtype)[labels]
    t = (1 - smoothing) * t + smoothing / C
    m = logits.max(axis=1, keepdims=True)
    logp = logits - m - np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    return -(t * logp).sum(axis=1).mean(), (np.exp(logp), t)


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return (p - t) * dloss / len(p)
