"""dx is a convolution of dy with the window, which is not flipped as it should be; stride 1.

Spoils: dx
Cause: convolution-window-turned-around
"""

import numpy as np


def convolve(x, w):
    R, S = w.shape[:2]
    pads = ((0, 0), ((R - 1) // 2, R // 2), ((S - 1) // 2, S // 2), (0, 0))
    xp = np.pad(x, pads)
    H, W = x.shape[1:3]
    y = 0
    for r in range(R):
        for s in range(S):
            y = y + xp[:, r : r + H, s : s + W] @ w[r, s]
    return y, xp


def convolution_forward(x, w, b=None):
    y, xp = convolve(x, w)
    if b is not None:
        y = y + b
    return y, (x, xp, w, b)


def convolution_backward(dy, cache):
    x, xp, w, b = cache
    dx, _ = convolve(dy, w.transpose(0, 1, 3, 2))
    H, W = x.shape[1:3]
    dw = np.zeros_like(w)
    for r in range(w.shape[0]):
        for s in range(w.shape[1]):
            dw[r, s] = np.tensordot(xp[:, r : r + H, s : s + W], dy, ((0, 1, 2), (0, 1, 2)))
    return dx, dw, dy.sum(axis=(0, 1, 2)) if b is not None else None
