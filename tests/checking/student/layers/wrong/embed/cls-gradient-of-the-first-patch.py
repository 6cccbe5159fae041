"""Dcls is the gradient of the first patch.

Spoils: dcls
Cause: embed-cls-gradient-of-the-first-patch
"""


def embed_backward(dx, cache):
    dcls = dx[:, 1].sum(axis=0) if cache.has_cls else None
    dpositions = dx.sum(axis=0) if cache.has_positions else None
    d = dx[:, 1:] if cache.has_cls else dx
    if cache.linear is None:
        return d.copy(), None, None, dcls, dpositions
    patches, w, has_bias = cache.linear
    dw = patches.reshape(-1, w.shape[0]).T @ d.reshape(-1, w.shape[1])
    db = d.sum(axis=(0, 1)) if has_bias else None
    return d @ w.T, dw, db, dcls, dpositions
