"""Images are reshaped without a transposition, so that a patch is a strip of pixels.

Spoils: y, dimages
Cause: patchify-reshape-alone
"""


def patchify_forward(images, *, patch):
    ph, pw = patch if isinstance(patch, tuple) else (patch, patch)
    B, H, W, C = images.shape
    N = (H // ph) * (W // pw)
    return images.reshape(B, N, ph * pw * C).copy(), images.shape


def patchify_backward(dpatches, cache):
    return dpatches.reshape(cache).copy()
