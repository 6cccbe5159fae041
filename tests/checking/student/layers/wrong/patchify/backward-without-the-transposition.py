"""The backward reshapes dpatches to images and forgets to transpose back.

Spoils: dimages
Cause: patchify-reshape-alone
"""


def patchify_forward(images, *, patch):
    ph, pw = patch if isinstance(patch, tuple) else (patch, patch)
    B, H, W, C = images.shape
    x = images.reshape(B, H // ph, ph, W // pw, pw, C).swapaxes(2, 3)
    return x.reshape(B, -1, ph * pw * C), images.shape


def patchify_backward(dpatches, cache):
    B, H, W, C = cache
    return dpatches.reshape(B, H, W, C).copy()
