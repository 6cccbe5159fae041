"""The map is padded with zeros, which win over negative numbers at the edge.

Spoils: y, dx
Cause: max-pool-zeros-beside-the-map
"""

import numpy as np


def max_pool_forward(x, *, side=3, stride=2, padding="same"):
    k = side if isinstance(side, tuple) else (side, side)
    t = stride if isinstance(stride, tuple) else (stride, stride)
    pads = [(0, 0), (0, 0)]
    if padding == "same":
        for a in range(2):
            n = x.shape[1 + a]
            total = max((-(-n // t[a]) - 1) * t[a] + k[a] - n, 0)
            pads[a] = (total // 2, total - total // 2)
    xp = np.pad(x, ((0, 0), *pads, (0, 0)))
    win = np.lib.stride_tricks.sliding_window_view(xp, k, axis=(1, 2))[:, :: t[0], :: t[1]]
    flat = win.reshape(*win.shape[:4], -1)
    return flat.max(axis=-1), (flat.argmax(axis=-1), xp.shape, x.shape, k, t, pads)


def max_pool_backward(dy, cache):
    best, padded, shape, k, t, pads = cache
    dxp = np.zeros(padded, dy.dtype)
    for b, i, j, c in np.ndindex(*dy.shape):
        r, s = divmod(int(best[b, i, j, c]), k[1])
        dxp[b, i * t[0] + r, j * t[1] + s, c] += dy[b, i, j, c]
    (top, _), (left, _) = pads
    return dxp[:, top : top + shape[1], left : left + shape[2]].copy()
