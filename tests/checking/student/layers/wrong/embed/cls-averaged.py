"""The cls token's gradient is the mean over the batch instead of the sum.

Spoils: dcls
Cause: embed-averaged-over-images
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches if w is None else patches @ w
    x = x if b is None else x + b
    if cls is not None:
        x = np.concatenate([np.stack([cls[None]] * len(x)), x], axis=1)
    x = x + positions if positions is not None else x.copy()
    return x, (patches, w, b, cls, positions)


def embed_backward(dx, cache):
    patches, w, b, cls, positions = cache
    dpatches = dw = db = dcls = dpositions = None
    if positions is not None:
        dpositions = np.sum(dx, axis=0)
    if cls is not None:
        dcls = np.mean(dx[:, 0, :], axis=0)
        dx = dx[:, 1:, :]
    if w is None:
        dpatches = dx.copy()
    else:
        dpatches = dx @ w.T
        dw = np.einsum("bni,bno->io", patches, dx)
        if b is not None:
            db = np.sum(dx, axis=(0, 1))
    return dpatches, dw, db, dcls, dpositions
