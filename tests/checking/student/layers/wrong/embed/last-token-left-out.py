"""The backward leaves out the last token instead of the first, so that all patches are off by one.

Spoils: dpatches, dw, db
Cause: embed-patches-off-by-one
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        x = np.insert(x, 0, cls, axis=1)
    if positions is not None:
        x = x + positions
    return x.copy(), (patches, w, b, cls, positions)


def embed_backward(dx, cache):
    patches, w, b, cls, positions = cache
    N = patches.shape[1]
    dpositions = None if positions is None else dx.sum(axis=0)
    dcls = None if cls is None else dx[:, 0].sum(axis=0)
    dx = dx[:, :N]
    if w is None:
        return dx.copy(), None, None, dcls, dpositions
    dw = patches.reshape(-1, patches.shape[2]).T @ dx.reshape(-1, dx.shape[2])
    db = None if b is None else dx.sum(axis=(0, 1))
    return dx @ w.T, dw, db, dcls, dpositions
