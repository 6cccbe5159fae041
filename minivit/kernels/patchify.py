"""Images to rows of patches and back, the twin of `minivit.ops.patchify`.

Runs of patch columns x channels numbers are copied, threaded over the rows of patches ("bands") of
all images. The backward makes the same copies in the other direction.
"""

import numpy as np
from numba import prange

from minivit.ops.inputs import REALS
from minivit.ops.patchify import PatchifyCache, gradient_dtype, movable, patch_grid, patch_pair
from minivit.ops.patchify import patchify_forward as patchified

from .compiling import parallel_jit
from .inputs import like, writeable


def patchify_forward(images, *, patch):
    """images (B, height, width, channels) -> patches (B, N, P*P*channels), in raster order."""
    images = writeable(np.ascontiguousarray(movable(images)))
    if images.dtype.type not in REALS:  # to compile it for whole numbers would take seconds
        return patchified(images, patch=patch)
    patch = patch_pair(patch)
    grid = patch_grid(images.shape[1:3], patch)
    shape = len(images), grid[0] * grid[1], patch[0] * patch[1] * images.shape[3]
    patches = np.empty(shape, images.dtype)
    _patchify(*_bands(images, patches, patch), True)
    return patches, PatchifyCache(images.shape, patch, gradient_dtype(images))


def patchify_backward(dpatches, cache, *, want_dx=True):
    """Every pixel lies in one patch, so its gradient moves back: dpatches -> dimages."""
    if not want_dx:
        return None
    dimages = np.empty(cache.image_shape, cache.dtype)
    (dpatches,) = like(dimages, dpatches)
    _patchify(*_bands(dimages, dpatches, cache.patch), False)
    return dimages


def _bands(images, patches, patch):
    """Both as views: images (bands, rows, across, run), patches (bands, across, rows, run)."""
    batch, height, width, channels = images.shape
    rows, columns = patch
    bands, across, run = batch * (height // rows), width // columns, columns * channels
    return images.reshape(bands, rows, across, run), patches.reshape(bands, across, rows, run)


@parallel_jit
def _patchify(images, patches, forward):
    """patches[band, a, r] = images[band, r, a], or the other way round."""
    bands, rows, across, run = images.shape
    for band in prange(bands):
        for r in range(rows):
            for a in range(across):
                if forward:
                    for i in range(run):
                        patches[band, a, r, i] = images[band, r, a, i]
                else:
                    for i in range(run):
                        images[band, r, a, i] = patches[band, a, r, i]
