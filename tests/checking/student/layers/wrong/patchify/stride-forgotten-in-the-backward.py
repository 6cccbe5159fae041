"""The patches are put back side by side, whatever the stride was.

Spoils: dimages
Cause: patchify-stride-forgotten-in-the-backward
"""

import numpy as np


def patchify_backward(dpatches, cache):
    B, height, width, channels = cache.image_shape
    p, q = cache.patch
    columns = (width - q) // cache.stride[1] + 1
    dimages = np.zeros(cache.image_shape, dpatches.dtype)
    for n in range(dpatches.shape[1]):
        top, left = n // columns * p, n % columns * q
        here = dimages[:, top : top + p, left : left + q]
        here += dpatches[:, n].reshape(B, p, q, channels)[:, : here.shape[1], : here.shape[2]]
    return dimages
