"""Patches in a row are counted from the height, so that only square images are cut rightly.

Spoils: y
"""

import numpy as np


def patchify_forward(images, *, patch):
    ph, pw = patch if isinstance(patch, tuple) else (patch, patch)
    B, H, W, C = images.shape
    n = H // ph
    patches = np.array(
        [
            images[:, i * ph : (i + 1) * ph, j * pw : (j + 1) * pw]
            for i in range(n)
            for j in range(n)
        ]
    )
    return patches.transpose(1, 0, 2, 3, 4).reshape(B, n * n, -1), (images.shape, ph, pw)


def patchify_backward(dpatches, cache):
    shape, ph, pw = cache
    n = shape[1] // ph
    dimages = np.zeros(shape, dpatches.dtype)
    blocks = dpatches.reshape(shape[0], n, n, ph, pw, shape[3])
    for i in range(n):
        for j in range(n):
            dimages[:, i * ph : (i + 1) * ph, j * pw : (j + 1) * pw] = blocks[:, i, j]
    return dimages
