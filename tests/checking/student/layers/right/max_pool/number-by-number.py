"""Plain loops find the first largest number of each window and remember where it lies."""

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def max_pool_forward(x, *, side=3, stride=2, padding="same"):
    (R, S), (s, t) = pair(side), pair(stride)
    B, H, W, C = x.shape
    if padding == "same":
        h, v = -(-H // s), -(-W // t)
        top, left = max((h - 1) * s + R - H, 0) // 2, max((v - 1) * t + S - W, 0) // 2
    else:
        h, v, top, left = (H - R) // s + 1, (W - S) // t + 1, 0, 0
    y, best = np.empty((B, h, v, C), x.dtype), {}
    for b, i, j, c in np.ndindex(B, h, v, C):
        places = [
            (r, q)
            for r in range(max(i * s - top, 0), min(i * s - top + R, H))
            for q in range(max(j * t - left, 0), min(j * t - left + S, W))
        ]
        place = places[int(np.argmax([x[b, r, q, c] for r, q in places]))]
        best[b, i, j, c] = b, *place, c
        y[b, i, j, c] = x[b, place[0], place[1], c]
    return y, (best, x.shape)


def max_pool_backward(dy, cache):
    best, shape = cache
    dx = np.zeros(shape, dy.dtype)
    for at, place in best.items():
        dx[place] += dy[at]
    return dx
