"""As much lies on each side of the map, as in PyTorch, which is another map for a stride.

Spoils: y, dx
Cause: max-pool-padding-on-both-sides-alike
"""

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def max_pool_forward(x, *, side=3, stride=2, padding="same"):
    (R, S), (s, t) = pair(side), pair(stride)
    B, H, W, C = x.shape
    h, v, top, left = (H - R) // s + 1, (W - S) // t + 1, 0, 0
    if padding == "same":
        top, left = (R - 1) // 2, (S - 1) // 2
        h, v = (H + 2 * top - R) // s + 1, (W + 2 * left - S) // t + 1
    y, best = np.empty((B, h, v, C), x.dtype), {}
    for b, i, j, c in np.ndindex(B, h, v, C):
        rows = range(max(i * s - top, 0), min(i * s - top + R, H))
        columns = range(max(j * t - left, 0), min(j * t - left + S, W))
        seen = [(x[b, r, q, c], -r, -q) for r in rows for q in columns]
        y[b, i, j, c], r, q = max(seen)
        best[b, i, j, c] = b, -r, -q, c
    return y, (best, x.shape)


def max_pool_backward(dy, cache):
    best, shape = cache
    dx = np.zeros(shape, dy.dtype)
    for at, place in best.items():
        dx[place] += dy[at]
    return dx
