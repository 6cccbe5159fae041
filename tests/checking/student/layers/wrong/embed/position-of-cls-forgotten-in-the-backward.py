"""The table's row of the cls token gets no gradient.

Spoils: dpositions
Cause: embed-position-of-cls-forgotten-in-the-backward
"""


def embed_backward(dx, cache):
    dcls = dx[:, 0].sum(axis=0) if cache.has_cls else None
    dpositions = dx.sum(axis=0) if cache.has_positions else None
    if cache.has_cls and cache.has_positions:
        dpositions[0] = 0
    d = dx[:, 1:] if cache.has_cls else dx
    if cache.linear is None:
        return d.copy(), None, None, dcls, dpositions
    patches, w, has_bias = cache.linear
    dw = patches.reshape(-1, w.shape[0]).T @ d.reshape(-1, w.shape[1])
    db = d.sum(axis=(0, 1)) if has_bias else None
    return d @ w.T, dw, db, dcls, dpositions
