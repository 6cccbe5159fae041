"""The loss is smoothed, and the gradient takes the labels as they are.

Spoils: dlogits
Cause: cross-entropy-smoothing-forgotten
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    if labels.ndim == 1:
        hard = np.zeros((B, C), logits.dtype)
        hard[range(B), labels] = 1
    else:
        hard = labels.astype(logits.dtype)
    z = logits - logits.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    smooth = (1 - smoothing) * hard + smoothing / C
    return -(smooth * logp).sum(axis=1).mean(), (logp, hard)


def cross_entropy_backward(dloss, cache):
    logp, hard = cache
    return dloss * (np.exp(logp) - hard) / len(hard)
