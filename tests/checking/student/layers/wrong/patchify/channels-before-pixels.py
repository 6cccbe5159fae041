"""Inside a patch the order is (channel, row, column) instead of (row, column, channel).

Spoils: y, dimages
Cause: patchify-channels-before-pixels
"""

import numpy as np


def patchify_forward(images, *, patch):
    p, q = (patch, patch) if np.ndim(patch) == 0 else patch
    B, H, W, C = images.shape
    h, w = H // p, W // q
    x = images.reshape(B, h, p, w, q, C)
    x = x.transpose(0, 1, 3, 5, 2, 4)
    return x.reshape(B, h * w, C * p * q), (images.shape, p, q)


def patchify_backward(dpatches, cache):
    (B, H, W, C), p, q = cache
    d = dpatches.reshape(B, H // p, W // q, C, p, q)
    return d.transpose(0, 1, 4, 2, 5, 3).reshape(B, H, W, C).copy()
