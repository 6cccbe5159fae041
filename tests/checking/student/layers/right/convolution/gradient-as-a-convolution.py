"""dx is the convolution of the spread-out dy with the flipped window."""

import numpy as np


def windows(a, R, S):
    return np.lib.stride_tricks.sliding_window_view(a, (R, S), axis=(1, 2))


def convolution_forward(x, w, b=None, *, stride=1):
    R, S = w.shape[:2]
    pads = []
    for n, k in ((x.shape[1], R), (x.shape[2], S)):
        total = max((-(-n // stride) - 1) * stride + k - n, 0)
        pads.append((total // 2, total - total // 2))
    xp = np.pad(x, ((0, 0), *pads, (0, 0)))
    seen = windows(xp, R, S)[:, ::stride, ::stride]
    y = np.einsum("bijcrs,rsco->bijo", seen, w)
    return (y if b is None else y + b), (x.shape, xp, w, b, stride, pads)


def convolution_backward(dy, cache):
    shape, xp, w, b, stride, pads = cache
    R, S = w.shape[:2]
    dw = np.einsum("bijcrs,bijo->rsco", windows(xp, R, S)[:, ::stride, ::stride], dy)
    spread = np.zeros((len(dy), xp.shape[1] + R - 1, xp.shape[2] + S - 1, dy.shape[3]), dy.dtype)
    h, v = dy.shape[1:3]
    spread[:, R - 1 : R - 1 + h * stride : stride, S - 1 : S - 1 + v * stride : stride] = dy
    dxp = np.einsum("bijors,rsco->bijc", windows(spread, R, S), w[::-1, ::-1])
    (top, _), (left, _) = pads
    dx = dxp[:, top : top + shape[1], left : left + shape[2]].copy()
    return dx, dw, None if b is None else dy.sum(axis=(0, 1, 2))
