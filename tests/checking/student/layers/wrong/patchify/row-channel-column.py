"""Inside a patch the order is (row, channel, column).

Spoils: y
Cause: patchify-axes-in-another-order
"""

import numpy as np


def patchify_forward(images, *, patch):
    p, q = (patch, patch) if np.ndim(patch) == 0 else patch
    B, H, W, C = images.shape
    x = images.reshape(B, H // p, p, W // q, q, C).transpose(0, 1, 3, 2, 5, 4)
    return x.reshape(B, H // p * (W // q), p * q * C), (images.shape, p, q)
