"""The cls token is put behind the patches instead of in front of them.

Spoils: y, dpatches, dw, db, dcls
Cause: embed-cls-at-the-end
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches.copy() if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        x = np.concatenate([x, np.tile(cls, (len(x), 1, 1))], axis=1)
    if positions is not None:
        x = x + positions
    return x, (patches, w, b, cls, positions)


def embed_backward(dx, cache):
    patches, w, b, cls, positions = cache
    dpositions = dx.sum(axis=0) if positions is not None else None
    dcls = None
    if cls is not None:
        dcls = dx[:, -1].sum(axis=0)
        dx = dx[:, :-1]
    if w is None:
        return dx.copy(), None, None, dcls, dpositions
    dw = np.einsum("bnp,bnd->pd", patches, dx)
    db = dx.sum(axis=(0, 1)) if b is not None else None
    return dx @ w.T, dw, db, dcls, dpositions
