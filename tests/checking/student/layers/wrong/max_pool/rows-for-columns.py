"""Row and column of the largest number are exchanged in the backward; a lone backward.

Spoils: dx
Cause: max-pool-rows-for-columns
"""

import numpy as np


def max_pool_backward(dy, cache):
    (R, S), (s, t) = cache.at.side, cache.at.stride
    (top, left), (B, H, W, C) = cache.at.before, cache.maps_shape
    wide = np.zeros((B, H + 2 * R, W + 2 * S, C), dy.dtype)
    for b, i, j, c in np.ndindex(*dy.shape):
        q, r = divmod(cache.place[b, i, j, c], R)
        wide[b, i * s + r, j * t + q, c] += dy[b, i, j, c]
    return wide[:, top : top + H, left : left + W].copy()
