"""The backward takes token 0 for a cls token even where there is none.

Spoils: dpatches, dw, db, dcls, dpositions
Cause: absent-input
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches.copy() if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        x = np.concatenate([np.zeros_like(x[:, :1]) + cls, x], axis=1)
    if positions is not None:
        x = x + positions
    return x, (patches, w, b, positions)


def embed_backward(dx, cache):
    patches, w, b, positions = cache
    dpositions = None if positions is None else dx.sum(axis=0)
    dcls = dx[:, 0].sum(axis=0)
    dtokens = dx[:, 1:].copy()
    if w is None:
        return dtokens, None, None, dcls, dpositions
    dw = np.einsum("bnp,bnd->pd", patches, dtokens)
    return dtokens @ w.T, dw, None if b is None else dtokens.sum((0, 1)), dcls, dpositions
