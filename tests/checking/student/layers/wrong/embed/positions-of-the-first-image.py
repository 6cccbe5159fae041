"""The gradient of the positions is that of the first image of the batch.

Spoils: dpositions
Cause: first-image-only
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    projected = patches if w is None else patches @ w
    if b is not None:
        projected = projected + b
    x = np.array(projected)
    if cls is not None:
        B, N, D = projected.shape
        x = np.empty((B, N + 1, D), projected.dtype)
        x[:, 0] = cls
        x[:, 1:] = projected
    if positions is not None:
        x += positions
    return x, (patches, w, b is None, cls is None, positions is None)


def embed_backward(dx, cache):
    patches, w, no_b, no_cls, no_positions = cache
    dpositions = None if no_positions else dx[0].copy()
    dcls = None if no_cls else dx[:, 0].sum(axis=0)
    dprojected = dx if no_cls else dx[:, 1:]
    if w is None:
        return dprojected.copy(), None, None, dcls, dpositions
    dw = sum(p.T @ d for p, d in zip(patches, dprojected, strict=True))
    db = None if no_b else dprojected.sum(axis=1).sum(axis=0)
    return dprojected @ w.T, dw, db, dcls, dpositions
