"""The loss is made of the probabilities, not of their logarithms; a lone forward.

Spoils: y
Cause: cross-entropy-log-forgotten
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C)[labels] if labels.ndim == 1 else labels
    t = (t * (1 - smoothing) + smoothing / C).astype(logits.dtype)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -(t * p).sum(axis=1).mean()
    return loss, None
