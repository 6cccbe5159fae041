"""The gradient of the padded map is cut at its first corner.

Spoils: dx
Cause: convolution-padding-all-after
"""

import numpy as np


def convolution_backward(dy, cache):
    x, w, (_, (s, t), (top, left), (bottom, right), _) = cache.x, cache.w, cache.at
    _, H, W, _ = x.shape
    R, S = w.shape[:2]
    xp = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    dxp, dw = np.zeros(xp.shape, x.dtype), np.zeros_like(w)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            here = np.s_[:, i * s : i * s + R, j * t : j * t + S]
            dw += np.einsum("brsc,bo->rsco", xp[here], dy[:, i, j])
            dxp[here] += np.einsum("bo,rsco->brsc", dy[:, i, j], w)
    dx = dxp[:, :H, :W].copy()
    db = dy.sum(axis=(0, 1, 2))
    return dx, dw, db if cache.has_bias else None
