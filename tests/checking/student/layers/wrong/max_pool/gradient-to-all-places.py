"""Every number that a window sees gets its gradient; a lone backward.

Spoils: dx
Cause: max-pool-gradient-to-all-places
"""

import numpy as np


def max_pool_backward(dy, cache):
    (R, S), (s, t) = cache.at.side, cache.at.stride
    (top, left), (B, H, W, C) = cache.at.before, cache.maps_shape
    wide = np.zeros((B, H + 2 * R, W + 2 * S, C), dy.dtype)
    for b, i, j, c in np.ndindex(*dy.shape):
        wide[b, i * s : i * s + R, j * t : j * t + S, c] += dy[b, i, j, c]
    return wide[:, top : top + H, left : left + W].copy()
