"""All that lies beside the map is below and right of it, or is cut off there.

Spoils: y, dx, dw
Cause: convolution-padding-all-after
"""

import numpy as np


def pair(sides):
    return sides if isinstance(sides, tuple) else (sides, sides)


def beside(n, k, s, padding):
    if padding == "valid":
        return 0, 0, (n - k) // s + 1
    stops = -(-n // s)
    total = max((stops - 1) * s + k - n, 0)
    return 0, total, stops


def convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    s, t = pair(stride)
    R, S = w.shape[:2]
    top, bottom, h = beside(x.shape[1], R, s, padding)
    left, right, v = beside(x.shape[2], S, t, padding)
    xp = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    y = np.zeros((len(x), h, v, w.shape[-1]), x.dtype)
    for i in range(h):
        for j in range(v):
            window = xp[:, i * s : i * s + R, j * t : j * t + S]
            y[:, i, j] = np.einsum("brsc,rsco->bo", window, w)
    if b is not None:
        y += b
    return y, (xp, w, b, (s, t), (top, left), x.shape)


def convolution_backward(dy, cache):
    xp, w, b, (s, t), (top, left), shape = cache
    R, S = w.shape[:2]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            here = np.s_[:, i * s : i * s + R, j * t : j * t + S]
            dw += np.einsum("brsc,bo->rsco", xp[here], dy[:, i, j])
            dxp[here] += np.einsum("bo,rsco->brsc", dy[:, i, j], w)
    dx = dxp[:, top : top + shape[1], left : left + shape[2]].copy()
    return dx, dw, None if b is None else dy.sum(axis=(0, 1, 2))
