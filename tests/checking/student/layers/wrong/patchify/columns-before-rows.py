"""Inside a patch the order is (column, row, channel), not (row, column, channel).

Spoils: y
Cause: patchify-columns-before-rows
"""

import numpy as np


def patchify_forward(images, *, patch):
    p, q = (patch, patch) if np.ndim(patch) == 0 else patch
    B, H, W, C = images.shape
    x = images.reshape(B, H // p, p, W // q, q, C)
    x = x.transpose(0, 1, 3, 4, 2, 5)
    return x.reshape(B, -1, p * q * C), (images.shape, p, q)
