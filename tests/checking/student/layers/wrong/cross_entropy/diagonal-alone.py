"""A logit's effect on the probabilities of the other classes is missing.

Spoils: dlogits
Cause: cross-entropy-diagonal-alone
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C)[labels] if labels.ndim == 1 else labels
    t = (t * (1 - smoothing) + smoothing / C).astype(logits.dtype)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -(t * logp).sum(axis=1).mean()
    return loss, (logits, np.exp(logp), t)


def cross_entropy_backward(dloss, cache):
    logits, p, t = cache
    dp = -t / p * dloss / len(p)
    return p * (1 - p) * dp
