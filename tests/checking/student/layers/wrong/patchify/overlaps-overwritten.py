"""Where patches overlap the backward assigns with = instead of adding with +=.

Spoils: dimages
Cause: patchify-overlaps-overwritten
"""

import numpy as np


def both(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def patchify_forward(images, *, patch, stride=None):
    ph, pw = both(patch)
    sh, sw = both(patch if stride is None else stride)
    B, H, W, C = images.shape
    rows, cols = (H - ph) // sh + 1, (W - pw) // sw + 1
    out = np.empty((B, rows * cols, ph * pw * C), images.dtype)
    for r in range(rows):
        for c in range(cols):
            window = images[:, r * sh : r * sh + ph, c * sw : c * sw + pw]
            out[:, r * cols + c] = window.reshape(B, -1)
    return out, (images.shape, (ph, pw), (sh, sw), (rows, cols))


def patchify_backward(dpatches, cache):
    shape, (ph, pw), (sh, sw), (rows, cols) = cache
    dimages = np.zeros(shape, dpatches.dtype)
    for r in range(rows):
        for c in range(cols):
            piece = dpatches[:, r * cols + c].reshape(shape[0], ph, pw, shape[3])
            dimages[:, r * sh : r * sh + ph, c * sw : c * sw + pw] = piece
    return dimages
