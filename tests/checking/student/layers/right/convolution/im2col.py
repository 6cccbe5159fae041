"""Windows become the rows of a matrix, once forwards, and are added up by np.add.at backwards."""

import numpy as np


def indices(n, k, s, padding):
    """Rows (stops, k) of the padded map that each stop sees, and what is padded on each side."""
    if padding == "valid":
        stops, before, after = (n - k) // s + 1, 0, 0
    else:
        stops = -(-n // s)
        total = max((stops - 1) * s + k - n, 0)
        before, after = total // 2, total - total // 2
    return s * np.arange(stops)[:, None] + np.arange(k), before, after


def convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    s, t = stride if isinstance(stride, tuple) else (stride, stride)
    R, S, C, M = w.shape
    rows, top, bottom = indices(x.shape[1], R, s, padding)
    cols, left, right = indices(x.shape[2], S, t, padding)
    xp = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    at = rows[:, None, :, None], cols[None, :, None, :]
    patches = xp[:, at[0], at[1]]
    y = patches.reshape(-1, R * S * C) @ w.reshape(-1, M)
    if b is not None:
        y += b
    return y.reshape(*patches.shape[:3], M), (patches, at, w, b, xp.shape, x.shape, top, left)


def convolution_backward(dy, cache):
    patches, at, w, b, padded, shape, top, left = cache
    R, S, C, M = w.shape
    flat = dy.reshape(-1, M)
    dw = (patches.reshape(-1, R * S * C).T @ flat).reshape(w.shape)
    dxp = np.zeros(padded, dy.dtype)
    np.add.at(dxp, (slice(None), *at), (flat @ w.reshape(-1, M).T).reshape(patches.shape))
    dx = dxp[:, top : top + shape[1], left : left + shape[2]].copy()
    return dx, dw, None if b is None else flat.sum(axis=0)
