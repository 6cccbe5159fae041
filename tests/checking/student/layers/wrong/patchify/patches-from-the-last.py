"""The patches come from the last to the first.

Spoils: y
Cause: patchify-patches-from-the-last
"""

import numpy as np


def pair(side):
    return (side, side) if np.ndim(side) == 0 else side


def patchify_forward(images, *, patch, stride=None):
    p, q = pair(patch)
    s, t = pair(patch if stride is None else stride)
    B, H, W, C = images.shape
    cut = [
        images[:, top : top + p, left : left + q].reshape(B, -1)
        for top in range(0, H - p + 1, s)
        for left in range(0, W - q + 1, t)
    ]
    patches = np.stack(cut, axis=1)[:, ::-1].copy()
    return patches, (images.shape, (p, q), (s, t))
