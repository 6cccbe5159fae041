"""The rows of the images are taken for their columns.

Spoils: y
Cause: patchify-images-on-their-side
"""

import numpy as np


def patchify_forward(images, *, patch):
    p, q = (patch, patch) if np.ndim(patch) == 0 else patch
    B, H, W, C = images.shape
    x = images.reshape(B, H // p, p, W // q, q, C)
    x = x.transpose(0, 3, 1, 4, 2, 5)
    return x.reshape(B, -1, p * q * C), (images.shape, p, q)
