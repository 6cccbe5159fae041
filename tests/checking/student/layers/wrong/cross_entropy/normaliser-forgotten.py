"""The loss is that of the logits alone: the logarithm of the sum is missing; a lone forward.

Spoils: y
Cause: cross-entropy-normaliser-forgotten
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C)[labels] if labels.ndim == 1 else labels
    t = (t * (1 - smoothing) + smoothing / C).astype(logits.dtype)
    loss = -(t * logits).sum(axis=1).mean()
    return loss, None
