"""All classes count, not the label alone.

Spoils: y
Cause: cross-entropy-all-classes
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    C = logits.shape[1]
    t = np.eye(C, dtype=logits.dtype)[labels] if labels.ndim == 1 else labels
    t = t * (1 - smoothing) + smoothing / C
    t = t.astype(logits.dtype)
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    p = np.exp(log_p)
    loss = -log_p.sum(axis=-1).mean()
    return loss, (p, t)
