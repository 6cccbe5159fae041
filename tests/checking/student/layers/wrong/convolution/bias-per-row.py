"""db is summed over images and rows, and keeps the columns.

Spoils: db
Cause: not-summed
"""

import numpy as np


def convolution_forward(x, w, b=None, *, stride=1):
    R, S, C, M = w.shape
    H, W = x.shape[1:3]
    out = -(-H // stride), -(-W // stride)
    extra = max((out[0] - 1) * stride + R - H, 0), max((out[1] - 1) * stride + S - W, 0)
    front = [e // 2 for e in extra]
    xp = np.pad(x, ((0, 0), *((e // 2, e - e // 2) for e in extra), (0, 0)))
    cols = np.stack(
        [xp[:, r::stride, s::stride][:, : out[0], : out[1]] for r in range(R) for s in range(S)], 3
    )
    y = cols.reshape(*cols.shape[:3], -1) @ w.reshape(-1, M)
    return (y if b is None else y + b), (cols, w, b, stride, front, xp.shape, x.shape)


def convolution_backward(dy, cache):
    cols, w, b, stride, front, padded, shape = cache
    R, S, C, M = w.shape
    flat = cols.reshape(-1, R * S * C)
    dw = (flat.T @ dy.reshape(-1, M)).reshape(w.shape)
    dcols = (dy.reshape(-1, M) @ w.reshape(-1, M).T).reshape(cols.shape)
    dxp = np.zeros(padded, dy.dtype)
    for n in range(R * S):
        r, s = divmod(n, S)
        dxp[:, r::stride, s::stride][:, : dy.shape[1], : dy.shape[2]] += dcols[:, :, :, n]
    dx = dxp[:, front[0] : front[0] + shape[1], front[1] : front[1] + shape[2]].copy()
    db = None if b is None else dy.sum(axis=0).sum(axis=0)
    return dx, dw, db
