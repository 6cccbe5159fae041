"""The wrong pair of axes is transposed.

Spoils: y
Cause: patchify-axes-in-another-order
"""

import numpy as np


def patchify_forward(images, *, patch):
    p, q = (patch, patch) if np.ndim(patch) == 0 else patch
    B, H, W, C = images.shape
    x = images.reshape(B, H // p, p, W // q, q, C).transpose(0, 3, 2, 1, 4, 5)
    return x.reshape(B, H // p * (W // q), p * q * C), (images.shape, p, q)
