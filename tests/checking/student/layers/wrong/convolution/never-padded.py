"""Nothing lies beside the map: the windows stay inside; a lone forward.

Spoils: y
Cause: convolution-never-padded
"""

import numpy as np


def pair(sides):
    return sides if isinstance(sides, tuple) else (sides, sides)


def stops(n, k, s):
    return (n - k) // s + 1


def convolution_forward(x, w, b=None, *, stride=1):
    s, t = pair(stride)
    R, S = w.shape[:2]
    h = stops(x.shape[1], R, s)
    v = stops(x.shape[2], S, t)
    y = np.zeros((len(x), h, v, w.shape[-1]), x.dtype)
    for i in range(h):
        for j in range(v):
            window = x[:, i * s : i * s + R, j * t : j * t + S]
            y[:, i, j] = np.einsum("brsc,rsco->bo", window, w)
    if b is not None:
        y += b
    return y, None
