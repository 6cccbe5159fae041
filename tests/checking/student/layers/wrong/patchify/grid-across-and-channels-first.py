"""Patches come down the columns, with channels first inside.

Spoils: y
Cause: patchify-axes-in-another-order
"""

import numpy as np


def patchify_forward(images, *, patch):
    p, q = (patch, patch) if np.ndim(patch) == 0 else patch
    B, H, W, C = images.shape
    x = images.reshape(B, H // p, p, W // q, q, C).transpose(0, 3, 1, 5, 2, 4)
    return x.reshape(B, H // p * (W // q), p * q * C), (images.shape, p, q)
