"""Where windows overlap the backward assigns to dx with = instead of adding with +=.

Spoils: dx
Cause: convolution-overlaps-overwritten
"""

import numpy as np


def before_and_after(n, k, s):
    total = max((-(-n // s) - 1) * s + k - n, 0)
    return total // 2, total - total // 2


def convolution_forward(x, w, b=None, *, stride=1):
    pads = [before_and_after(n, k, stride) for n, k in zip(x.shape[1:3], w.shape[:2], strict=True)]
    xp = np.pad(x, [(0, 0), *pads, (0, 0)])
    h, v = (-(-n // stride) for n in x.shape[1:3])
    y = np.zeros((len(x), h, v, w.shape[3]), x.dtype)
    for r, s in np.ndindex(*w.shape[:2]):
        y += xp[:, r::stride, s::stride][:, :h, :v] @ w[r, s]
    if b is not None:
        y += b
    return y, (xp, w, b, stride, pads, x.shape)


def convolution_backward(dy, cache):
    xp, w, b, stride, pads, shape = cache
    h, v = dy.shape[1:3]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for r, s in np.ndindex(*w.shape[:2]):
        dw[r, s] = np.einsum("bijc,bijo->co", xp[:, r::stride, s::stride][:, :h, :v], dy)
        dxp[:, r::stride, s::stride][:, :h, :v] = dy @ w[r, s].T
    top, left = pads[0][0], pads[1][0]
    dx = dxp[:, top : top + shape[1], left : left + shape[2]].copy()
    return dx, dw, None if b is None else dy.sum(axis=(0, 1, 2))
