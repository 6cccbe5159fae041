"""db sums over all tokens, the cls token too, which never met the bias.

Spoils: db
Cause: embed-cls-counts-in-the-bias
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    tokens = patches if w is None else patches @ w
    if b is not None:
        tokens = tokens + b
    if cls is not None:
        B, _, D = tokens.shape
        tokens = np.concatenate([np.ones((B, 1, 1), tokens.dtype) * cls, tokens], 1)
    x = tokens.copy() if positions is None else tokens + positions
    return x, dict(patches=patches, w=w, b=b, cls=cls, positions=positions)


def embed_backward(dx, cache):
    w = cache["w"]
    dpos = None if cache["positions"] is None else dx.sum(0)
    db = None if cache["b"] is None else dx.sum(axis=(0, 1))
    dcls, dtokens = None, dx
    if cache["cls"] is not None:
        dcls, dtokens = dx[:, 0].sum(0), dx[:, 1:]
    if w is None:
        return dtokens.copy(), None, db, dcls, dpos
    dw = np.tensordot(cache["patches"], dtokens, ((0, 1), (0, 1)))
    return dtokens @ w.T, dw, db, dcls, dpos
