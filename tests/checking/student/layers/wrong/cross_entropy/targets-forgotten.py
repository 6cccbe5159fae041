"""The gradient is that of the log-sum-exp alone: the targets are not subtracted.

Spoils: dlogits
Cause: cross-entropy-targets-forgotten
"""

import numpy as np


def cross_entropy_forward(logits, *, labels):
    C = logits.shape[1]
    onehot = np.eye(C)[labels] if labels.ndim == 1 else labels
    onehot = onehot.astype(logits.dtype)
    s = logits - logits.max(1, keepdims=True)
    total = np.exp(s).sum(1, keepdims=True)
    loss = (onehot * (np.log(total) - s)).sum(1).mean()
    return loss, np.exp(s) / total


def cross_entropy_backward(dloss, probs):
    return probs * dloss / len(probs)
