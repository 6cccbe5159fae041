"""It is the Kullback-Leibler divergence: the targets' own entropy is taken off; a lone forward.

Spoils: y
Cause: cross-entropy-divergence
"""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = np.eye(C)[labels] if labels.ndim == 1 else labels
    t = (t * (1 - smoothing) + smoothing / C).astype(logits.dtype)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    log_t = np.log(np.where(t > 0, t, 1))
    loss = (t * (log_t - logp)).sum(axis=1).mean()
    return loss, None
