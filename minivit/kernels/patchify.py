"""Images to rows of patches and back, the twin of `minivit.ops.patchify`.

Patches that lie side by side are the image's pixels in another order. NumPy's copy does that: a
kernel takes 0.1 ms of a step less, and a second more to compile.

Overlapping patches are cut out threaded over the rows of patches of all images. The backward adds
them up, threaded over the rows of pixels of all images: each is one thread's own, and gets its
numbers in the order of the patches, so the bits are the same for any number of threads.
"""

import numpy as np
from numba import prange

from minivit.ops.inputs import REALS, pair
from minivit.ops.patchify import PatchifyCache, gradient_dtype, movable, patch_grid
from minivit.ops.patchify import patchify_forward as patchified

from .compiling import parallel_jit
from .inputs import behaved, like


def patchify_forward(images, *, patch, stride=None):
    """images (B, height, width, channels) -> patches (B, N, P*P*channels), in raster order."""
    images = movable(images)
    patch = pair(patch, "patch")
    stride = patch if stride is None else pair(stride, "stride")
    grid = patch_grid(images.shape[1:3], patch, stride)
    shape = len(images), grid[0] * grid[1], patch[0] * patch[1] * images.shape[3]
    cache = PatchifyCache(images.shape, patch, stride, gradient_dtype(images))
    if stride == patch:
        runs = images.reshape(_side_by_side(images.shape, patch)).swapaxes(1, 2)
        return np.array(runs, order="C").reshape(shape), cache
    if images.dtype.type not in REALS:  # to compile it for whole numbers would take seconds
        return patchified(images, patch=patch, stride=stride)
    images, patches = behaved(np.ascontiguousarray(images)), np.empty(shape, images.dtype)
    _overlapping(*_rows(images, patches, patch, grid), *_steps(stride, images))
    return patches, cache


def patchify_backward(dpatches, cache, *, want_dx=True):
    """A pixel's gradient is the sum over the patches that hold it: dpatches -> dimages."""
    if not want_dx:
        return None
    patch, stride = cache.patch, cache.stride
    (dpatches,) = like(np.empty(0, cache.dtype), dpatches)
    if stride == patch:
        bands, rows, across, run = _side_by_side(cache.image_shape, patch)
        runs = dpatches.reshape(bands, across, rows, run).swapaxes(1, 2)
        return np.array(runs, order="C").reshape(cache.image_shape)
    dimages = np.empty(cache.image_shape, cache.dtype)
    grid = patch_grid(cache.image_shape[1:3], patch, stride)
    _add_overlapping(*_rows(dimages, dpatches, patch, grid), *_steps(stride, dimages))
    return dimages


def _side_by_side(images, patch):
    """The shape (bands, rows of pixels, patches across, numbers in a row of a patch) of images
    (B, height, width, channels); a band is a row of patches."""
    batch, height, width, channels = images
    rows, columns = patch
    return batch * (height // rows), rows, width // columns, columns * channels


def _rows(images, patches, patch, grid):
    """Both as views: images (B, height, width * channels), patches (B, down, across, P, run)."""
    batch, height, width, channels = images.shape
    shape = (batch, *grid, patch[0], patch[1] * channels)
    return images.reshape(batch, height, width * channels), patches.reshape(shape)


def _steps(stride, images):
    """From one patch to the next: rows down, numbers across."""
    return stride[0], stride[1] * images.shape[3]


@parallel_jit(small_op=True)
def _overlapping(images, patches, step_down, step_across):
    """patches[b, d, a, r, i] = images[b, d step_down + r, a step_across + i]."""
    batch, down, across, rows, run = patches.shape
    for band in prange(batch * down):
        b, d = band // down, band % down
        for a in range(across):
            for r in range(rows):
                for i in range(run):
                    patches[b, d, a, r, i] = images[b, d * step_down + r, a * step_across + i]


@parallel_jit(small_op=True)
def _add_overlapping(images, patches, step_down, step_across):
    """images[b, y, x] = the sum of all patches[b, d, a, r, i] that were cut out there."""
    _, down, across, rows, run = patches.shape
    batch, height, numbers = images.shape
    for line in prange(batch * height):
        b, y = line // height, line % height
        for x in range(numbers):
            images[b, y, x] = 0
        for d in range(max(0, (y - rows) // step_down + 1), min(down, y // step_down + 1)):
            r = y - d * step_down
            for a in range(across):
                for i in range(run):
                    images[b, y, a * step_across + i] += patches[b, d, a, r, i]
