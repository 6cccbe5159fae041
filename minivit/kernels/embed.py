"""Embedding: x = [cls; patches w + b] + positions, the twin of `minivit.ops.embed`.

The projection is `matmul`'s. The rest is done once a step on one activation: NumPy will do.
"""

import numpy as np

from minivit.ops.embed import EmbedCache, with_cls_and_positions

from .linear import linear_backward, linear_forward


def embed_forward(patches, w, b, cls, positions):
    """patches (B, N, P*P*channels), w (P*P*channels, D), b, cls, positions -> x (B, T, D)."""
    projected, linear = linear_forward(patches, w, b)
    x = with_cls_and_positions(projected, cls, positions)
    return x, EmbedCache(linear, cls is not None, positions is not None)


def embed_backward(dx, cache, *, want_dpatches=True):
    """dx (B, T, D) -> dpatches (B, N, P*P*channels), dw, db, dcls (D,), dpositions (T, D)."""
    dprojected = np.ascontiguousarray(dx[:, 1:]) if cache.has_cls else dx
    dcls = dx[:, 0].sum(axis=0) if cache.has_cls else None
    dpositions = dx.sum(axis=0) if cache.has_positions else None
    return *linear_backward(dprojected, cache.linear, want_dx=want_dpatches), dcls, dpositions
