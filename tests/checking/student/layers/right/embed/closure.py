"""The cache is the backward's function itself."""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    B, N = patches.shape[:2]
    D = patches.shape[2] if w is None else w.shape[1]
    n_cls = 0 if cls is None else 1
    x = np.zeros((B, N + n_cls, D), patches.dtype)
    x[:, n_cls:] = patches if w is None else patches @ w
    if b is not None:
        x[:, n_cls:] += b
    if cls is not None:
        x[:, 0] = cls
    if positions is not None:
        x += positions

    def back(dx):
        dtokens = dx[:, n_cls:]
        grads = {"cls": None, "positions": None, "w": None, "b": None}
        if cls is not None:
            grads["cls"] = dx[:, 0].sum(axis=0)
        if positions is not None:
            grads["positions"] = dx.sum(axis=0)
        if b is not None:
            grads["b"] = dtokens.sum(axis=(0, 1))
        if w is None:
            grads["patches"] = dtokens.copy()
        else:
            grads["patches"] = dtokens @ w.T
            grads["w"] = np.tensordot(patches, dtokens, axes=((0, 1), (0, 1)))
        return tuple(grads[n] for n in ("patches", "w", "b", "cls", "positions"))

    return x, back


def embed_backward(dx, cache):
    return cache(dx)
