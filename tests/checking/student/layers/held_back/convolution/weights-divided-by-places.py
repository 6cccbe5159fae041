"""dw is the mean over the places of the map instead of the sum.

Spoils: dw
Cause: constant-factor
"""

import numpy as np


def convolution_forward(x, w, b=None):
    R, S, C, M = w.shape
    B, H, W, _ = x.shape
    top, left = (R - 1) // 2, (S - 1) // 2
    xp = np.zeros((B, H + R - 1, W + S - 1, C), x.dtype)
    xp[:, top : top + H, left : left + W] = x
    y = sum(xp[:, r : r + H, s : s + W] @ w[r, s] for r in range(R) for s in range(S))
    return y if b is None else y + b, {"x": xp, "w": w, "b": b, "at": (top, left)}


def convolution_backward(dy, cache):
    xp, w, (top, left) = cache["x"], cache["w"], cache["at"]
    B, H, W, M = dy.shape
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for r in range(w.shape[0]):
        for s in range(w.shape[1]):
            seen = xp[:, r : r + H, s : s + W]
            dw[r, s] = np.einsum("bijc,bijo->co", seen, dy) / (H * W)
            dxp[:, r : r + H, s : s + W] += np.einsum("bijo,co->bijc", dy, w[r, s])
    db = None if cache["b"] is None else dy.sum(axis=(0, 1, 2))
    return dxp[:, top : top + H, left : left + W].copy(), dw, db
