"""The backward puts dy back side by side, as if the stride were 1.

Spoils: dx, dw
Cause: depthwise-convolution-stride-forgotten-in-the-backward
"""

import numpy as np


def side_pads(n, k, s):
    total = max(((n + s - 1) // s - 1) * s + k - n, 0)
    return total // 2, total - total // 2


def depthwise_convolution_forward(x, w, b=None, *, stride=1):
    pads = side_pads(x.shape[1], w.shape[0], stride), side_pads(x.shape[2], w.shape[1], stride)
    xp = np.pad(x, ((0, 0), pads[0], pads[1], (0, 0)))
    R, S, _ = w.shape
    h, v = (xp.shape[1] - R) // stride + 1, (xp.shape[2] - S) // stride + 1
    y = np.empty((x.shape[0], h, v, x.shape[3]), x.dtype)
    for i in range(h):
        for j in range(v):
            window = xp[:, i * stride : i * stride + R, j * stride : j * stride + S]
            y[:, i, j] = (window * w).sum(axis=(1, 2))
    if b is not None:
        y += b
    return y, (xp, w, b, pads, x.shape)


def depthwise_convolution_backward(dy, cache):
    xp, w, b, pads, shape = cache
    R, S, _ = w.shape
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            d = dy[:, i, j][:, None, None]
            dw += (xp[:, i : i + R, j : j + S] * d).sum(axis=0)
            dxp[:, i : i + R, j : j + S] += d * w
    dx = dxp[:, pads[0][0] : pads[0][0] + shape[1], pads[1][0] : pads[1][0] + shape[2]]
    return dx.copy(), dw, None if b is None else dy.sum(axis=(0, 1, 2))
