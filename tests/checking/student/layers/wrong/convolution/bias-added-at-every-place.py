"""The bias is added once for each place of the window; a lone forward.

Spoils: y
Cause: convolution-bias-added-at-every-place
"""

import numpy as np


def pair(sides):
    return sides if isinstance(sides, tuple) else (sides, sides)


def beside(n, k, s, padding):
    if padding == "valid":
        return 0, 0, (n - k) // s + 1
    stops = -(-n // s)
    total = max((stops - 1) * s + k - n, 0)
    return total // 2, total - total // 2, stops


def convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    s, t = pair(stride)
    R, S = w.shape[:2]
    top, bottom, h = beside(x.shape[1], R, s, padding)
    left, right, v = beside(x.shape[2], S, t, padding)
    xp = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    y = np.zeros((len(x), h, v, w.shape[-1]), x.dtype)
    for r in range(R):
        for q in range(S):
            y += xp[:, r : r + s * h : s, q : q + t * v : t] @ w[r, q]
            if b is not None:
                y += b
    return y, None
