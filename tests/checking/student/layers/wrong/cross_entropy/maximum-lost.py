"""The maximum is taken off the logits in the sum, but not in the rest; a lone forward.

Spoils: y
Cause: cross-entropy-maximum-lost
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C)[labels] if labels.ndim == 1 else labels
    t = (t * (1 - smoothing) + smoothing / C).astype(logits.dtype)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -(t * logp).sum(axis=1).mean()
    return loss, None
