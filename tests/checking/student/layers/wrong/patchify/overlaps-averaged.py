"""A pixel that is in several patches gets the mean of their gradients.

Spoils: dimages
Cause: patchify-overlaps-averaged
"""

import numpy as np


def patchify_backward(dpatches, cache):
    B, height, width, channels = cache.image_shape
    (P, Q), (down, across) = cache.patch, cache.stride
    sums = np.zeros(cache.image_shape, dpatches.dtype)
    counts = np.zeros((height, width, 1), dpatches.dtype)
    columns = (width - Q) // across + 1
    for n in range(dpatches.shape[1]):
        top, left = n // columns * down, n % columns * across
        sums[:, top : top + P, left : left + Q] += dpatches[:, n].reshape(B, P, Q, channels)
        counts[top : top + P, left : left + Q] += 1
    return sums / counts
