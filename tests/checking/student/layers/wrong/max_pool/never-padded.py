"""Nothing lies beside the map: the windows stay inside; a lone forward.

Spoils: y
Cause: max-pool-never-padded
"""

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def max_pool_forward(x, *, side=3, stride=2):
    (R, S), (s, t) = pair(side), pair(stride)
    B, H, W, C = x.shape
    h, v, top, left = (H - R) // s + 1, (W - S) // t + 1, 0, 0
    y, best = np.empty((B, h, v, C), x.dtype), {}
    for b, i, j, c in np.ndindex(B, h, v, C):
        rows = range(max(i * s - top, 0), min(i * s - top + R, H))
        columns = range(max(j * t - left, 0), min(j * t - left + S, W))
        seen = [(x[b, r, q, c], -r, -q) for r in rows for q in columns]
        y[b, i, j, c], r, q = max(seen)
        best[b, i, j, c] = b, -r, -q, c
    return y, None
