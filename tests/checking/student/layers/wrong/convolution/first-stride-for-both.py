"""The stride down is taken for both.

Spoils: y
Cause: convolution-first-stride-for-both
"""

import numpy as np


def beside(n, k, s, padding):
    if padding == "valid":
        return 0, 0, (n - k) // s + 1
    stops = -(-n // s)
    total = max((stops - 1) * s + k - n, 0)
    return total // 2, total - (total // 2), stops


def convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    s, t = stride if isinstance(stride, tuple) else (stride, stride)
    t = s
    R, S = w.shape[:2]
    above, below, h = beside(x.shape[1], R, s, padding)
    left, right, v = beside(x.shape[2], S, t, padding)
    xp = np.pad(x, ((0, 0), (above, below), (left, right), (0, 0)))
    y = np.zeros((len(x), h, v, w.shape[-1]), x.dtype)
    for i in range(h):
        for j in range(v):
            window = xp[:, i * s : i * s + R, j * t : j * t + S]
            y[:, i, j] = np.einsum("brsc,rsco->bo", window, w)
    return y if b is None else y + b, (xp, w, b, (s, t))
