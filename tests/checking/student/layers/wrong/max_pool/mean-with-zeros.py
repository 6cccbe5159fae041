"""It is the mean of the window, with zeros beside the map; a lone forward.

Spoils: y
Cause: max-pool-mean-with-zeros
"""

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def max_pool_forward(x, *, side=3, stride=2, padding="same"):
    (R, S), (s, t) = pair(side), pair(stride)
    B, H, W, C = x.shape
    h, v, top, left = (H - R) // s + 1, (W - S) // t + 1, 0, 0
    if padding == "same":
        h, v = -(-H // s), -(-W // t)
        top, left = max((h - 1) * s + R - H, 0) // 2, max((v - 1) * t + S - W, 0) // 2
    y = np.empty((B, h, v, C), x.dtype)
    for b, i, j, c in np.ndindex(B, h, v, C):
        rows = range(max(i * s - top, 0), min(i * s - top + R, H))
        columns = range(max(j * t - left, 0), min(j * t - left + S, W))
        y[b, i, j, c] = sum(x[b, r, q, c] for r in rows for q in columns) / (R * S)
    return y, None
