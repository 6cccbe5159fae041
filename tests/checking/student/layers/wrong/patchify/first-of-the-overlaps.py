"""A pixel in several patches gets the gradient of the first.

Spoils: dimages
Cause: patchify-first-of-the-overlaps
"""

import numpy as np


def patchify_backward(dpatches, cache):
    B, height, width, channels = cache.image_shape
    (p, q), (down, across) = cache.patch, cache.stride
    columns = (width - q) // across + 1
    dimages = np.zeros(cache.image_shape, dpatches.dtype)
    for n in reversed(range(dpatches.shape[1])):
        top, left = n // columns * down, n % columns * across
        patch = dpatches[:, n].reshape(B, p, q, channels)
        dimages[:, top : top + p, left : left + q] = patch
    return dimages
