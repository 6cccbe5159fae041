"""Positions are added to the patches before the cls token is put in front, which gets none.

Spoils: y, dpositions
Cause: embed-cls-without-its-position
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches.copy() if w is None else np.dot(patches, w)
    if b is not None:
        x += b
    if positions is not None:
        x += positions if cls is None else positions[1:]
    if cls is not None:
        first = np.broadcast_to(cls, (x.shape[0], 1, x.shape[2]))
        x = np.concatenate((first, x), axis=1)
    return x, (patches, w, b is not None, cls is not None, positions)


def embed_backward(dx, cache):
    patches, w, has_b, has_cls, positions = cache
    dcls = dx[:, 0].sum(0) if has_cls else None
    dtokens = dx[:, 1:] if has_cls else dx
    dpositions = None
    if positions is not None:
        dpositions = np.zeros_like(positions)
        dpositions[1 if has_cls else 0 :] = dtokens.sum(0)
    if w is None:
        return dtokens.copy(), None, None, dcls, dpositions
    flat = dtokens.reshape(-1, w.shape[1])
    dw = patches.reshape(-1, w.shape[0]).T @ flat
    return dtokens @ w.T, dw, flat.sum(0) if has_b else None, dcls, dpositions
