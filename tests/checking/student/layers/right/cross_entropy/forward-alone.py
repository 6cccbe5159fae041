"""Only the forward, with a table of targets for either kind of labels."""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    targets = np.zeros((B, C), logits.dtype)
    if labels.ndim == 1:
        np.put_along_axis(targets, labels[:, None], 1, axis=1)
    else:
        targets[...] = labels
    targets = targets + smoothing * (1 / C - targets)
    lse = np.logaddexp.reduce(logits, axis=1)
    return np.einsum("bc,bc->b", targets, lse[:, None] - logits).mean(), None
