"""The window is read from its last row and column; the backward is the derivative of that.

Spoils: y, dx, dw
Cause: depthwise-convolution-window-turned-around
"""

import numpy as np


def depthwise_convolution_forward(x, w, b=None):
    R, S, C = w.shape
    _, H, W, _ = x.shape
    t, u = (R - 1) // 2, (S - 1) // 2
    xp = np.pad(x, ((0, 0), (t, R - 1 - t), (u, S - 1 - u), (0, 0)))
    y = np.zeros_like(x)
    for r in range(R):
        for s in range(S):
            y += xp[:, r : r + H, s : s + W] * w[R - 1 - r, S - 1 - s]
    if b is not None:
        y += b
    return y, (xp, w, b, t, u)


def depthwise_convolution_backward(dy, cache):
    xp, w, b, t, u = cache
    R, S, C = w.shape
    _, H, W, _ = dy.shape
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for r in range(R):
        for s in range(S):
            dw[R - 1 - r, S - 1 - s] = (xp[:, r : r + H, s : s + W] * dy).sum((0, 1, 2))
            dxp[:, r : r + H, s : s + W] += dy * w[R - 1 - r, S - 1 - s]
    return dxp[:, t : t + H, u : u + W].copy(), dw, None if b is None else dy.sum((0, 1, 2))
