"""The window is flipped, as mathematicians do; the backward is the derivative of that.

Spoils: y, dx, dw
Cause: convolution-window-turned-around
"""

import numpy as np


def convolution_forward(x, w, b=None, *, stride=1):
    B, H, W, _ = x.shape
    R, S, _, M = w.shape
    h, v = -(-H // stride), -(-W // stride)
    tall, wide = max((h - 1) * stride + R - H, 0), max((v - 1) * stride + S - W, 0)
    before = tall // 2, wide // 2
    xp = np.pad(x, ((0, 0), (before[0], tall - before[0]), (before[1], wide - before[1]), (0, 0)))
    wf = w[::-1, ::-1]
    y = np.zeros((B, h, v, M), x.dtype)
    for i in range(h):
        for j in range(v):
            patch = xp[:, i * stride : i * stride + R, j * stride : j * stride + S]
            y[:, i, j] = np.tensordot(patch, wf, axes=3)
    if b is not None:
        y += b
    return y, (xp, w, b, stride, before, x.shape)


def convolution_backward(dy, cache):
    xp, w, b, stride, (top, left), shape = cache
    R, S = w.shape[:2]
    wf = w[::-1, ::-1]
    dxp, dwf = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            here = slice(None), slice(i * stride, i * stride + R), slice(j * stride, j * stride + S)
            dwf += np.tensordot(xp[here], dy[:, i, j], axes=(0, 0))
            dxp[here] += np.tensordot(dy[:, i, j], wf, axes=(1, 3))
    dx = dxp[:, top : top + shape[1], left : left + shape[2]].copy()
    return dx, dwf[::-1, ::-1].copy(), None if b is None else dy.sum((0, 1, 2))
