"""The patches come down the columns of the grid instead of along its rows.

Spoils: y, dimages
Cause: patchify-columns-of-patches-first
"""

import numpy as np


def patchify_forward(images, *, patch):
    ph, pw = (patch, patch) if isinstance(patch, int) else patch
    B, H, W, C = images.shape
    patches = []
    for j in range(W // pw):
        for i in range(H // ph):
            block = images[:, i * ph : (i + 1) * ph, j * pw : (j + 1) * pw, :]
            patches.append(block.reshape(B, -1))
    return np.stack(patches, axis=1), {"shape": images.shape, "patch": (ph, pw)}


def patchify_backward(dpatches, cache):
    B, H, W, C = cache["shape"]
    ph, pw = cache["patch"]
    dimages = np.zeros((B, H, W, C), dtype=dpatches.dtype)
    n = 0
    for j in range(W // pw):
        for i in range(H // ph):
            block = dpatches[:, n].reshape(B, ph, pw, C)
            dimages[:, i * ph : (i + 1) * ph, j * pw : (j + 1) * pw, :] = block
            n += 1
    return dimages
