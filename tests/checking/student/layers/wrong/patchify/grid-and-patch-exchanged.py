"""A patch takes pixels that lie far apart: the grid's axes stand in the place of its own.

Spoils: y
Cause: patchify-grid-and-patch-exchanged
"""

import numpy as np


def patchify_forward(images, *, patch):
    p, q = (patch, patch) if np.ndim(patch) == 0 else patch
    B, H, W, C = images.shape
    x = images.reshape(B, p, H // p, q, W // q, C)
    x = x.transpose(0, 2, 4, 1, 3, 5)
    return x.reshape(B, -1, p * q * C), (images.shape, p, q)
