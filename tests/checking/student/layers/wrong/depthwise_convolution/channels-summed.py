"""dw is summed over the channels too, and every channel gets the same.

Spoils: dw
Cause: depthwise-convolution-channels-summed
"""

import numpy as np


def depthwise_convolution_forward(x, w, b=None):
    R, S = w.shape[:2]
    t, u = (R - 1) // 2, (S - 1) // 2
    xp = np.pad(x, ((0, 0), (t, R - 1 - t), (u, S - 1 - u), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(xp, (R, S), axis=(1, 2))
    y = np.einsum("bijcrs,rsc->bijc", windows, w)
    return (y if b is None else y + b), (windows, w, b, (t, u), xp.shape)


def depthwise_convolution_backward(dy, cache):
    windows, w, b, (t, u), padded = cache
    dw = np.einsum("bijcrs,bijc->rs", windows, dy)[:, :, None] + np.zeros_like(w)
    dxp = np.zeros(padded, dy.dtype)
    _, H, W, _ = dy.shape
    for r, s in np.ndindex(*w.shape[:2]):
        dxp[:, r : r + H, s : s + W] += dy * w[r, s]
    db = None if b is None else np.einsum("bijc->c", dy)
    return dxp[:, t : t + H, u : u + W].copy(), dw, db
