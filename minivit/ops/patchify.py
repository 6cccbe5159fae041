"""Patchify: cut an image into a row of flat patches.

    patches[b, n] = images[b, rows of patch n, columns of patch n, :].flatten()

The paper (section 3.1) writes this as x (height, width, channels) -> x_p (N, P^2 channels). Pixels
are permuted, so the backward is the inverse permutation.
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import first_of, read, upstream
from minivit.ops.notes import unseen


class PatchifyCache(NamedTuple):
    image_shape: tuple  # (B, height, width, channels)
    patch: tuple  # (patch height, patch width)
    dtype: np.dtype  # of the gradient


def patchify_forward(images: np.ndarray, *, patch, note=unseen) -> tuple[np.ndarray, PatchifyCache]:
    """Cut images into flat patches, in raster order.

    images (B, height, width, channels) -> patches (B, N, P*P*channels), N = (height/P)(width/P).
    Inside a patch the order is (row, column, channel), channel fastest. `patch` is a side or a
    pair (height, width).

    Raises InputError when the images are not of rank 4 or the patch does not divide them.
    """
    images, patch = movable(images), patch_pair(patch)
    grid = patch_grid(images.shape[1:3], patch)
    B, height, width, channels = images.shape
    cut = images.reshape(B, grid[0], patch[0], grid[1], patch[1], channels)
    patches = cut.transpose(0, 1, 3, 2, 4, 5)  # (B, grid rows, grid columns, P, P, channels)
    patches = patches.reshape(B, grid[0] * grid[1], patch[0] * patch[1] * channels)
    if np.shares_memory(patches, images):  # one patch is the whole image: nothing was moved
        patches = patches.copy()
    note(images=images, patches=patches)
    return patches, PatchifyCache(images.shape, patch, gradient_dtype(images))


def patchify_backward(
    dpatches: np.ndarray, cache: PatchifyCache, *, want_dx: bool = True, note=unseen
) -> np.ndarray | None:
    """Put every patch's gradient back where the patch was cut out.

    dpatches (B, N, P*P*channels) -> dimages (B, height, width, channels).

    patches = A images, where A moves each pixel to exactly one place; therefore A^T is A^-1:
        dimages = A^T dpatches
    Without `want_dx` the result is None.
    """
    if not want_dx:
        return None
    dpatches = upstream(dpatches, cache.dtype)
    B, height, width, channels = cache.image_shape
    rows, columns = cache.patch
    cut = dpatches.reshape(B, height // rows, width // columns, rows, columns, channels)
    dimages = cut.transpose(0, 1, 3, 2, 4, 5).reshape(cache.image_shape)
    if np.shares_memory(dimages, dpatches):
        dimages = dimages.copy()
    note(images=dimages, patches=dpatches)
    return dimages


def movable(images) -> np.ndarray:
    """Images as an array. Whole numbers are allowed: pixels are only moved.

    InputError unless they are (B, height, width, channels).
    """
    images = read("images", images)
    if images.ndim != 4:
        raise InputError(
            f"images have shape {images.shape}: expected (B, height, width, channels); "
            "add the missing axes, e.g. images[..., None] for grey images without channels"
        )
    if images.dtype.kind in "iub":
        return np.asarray(images, images.dtype.newbyteorder("="))
    return first_of("images", images)


def gradient_dtype(images: np.ndarray) -> np.dtype:
    """The images' own dtype; float64 for whole numbers."""
    return images.dtype if images.dtype.kind in "fc" else np.dtype(np.float64)


def patch_pair(patch) -> tuple[int, int]:
    """A patch side as a pair: 4 -> (4, 4), (4, 2) -> (4, 2)."""
    pair = (patch, patch) if np.ndim(patch) == 0 else tuple(patch)
    if len(pair) != 2 or any(side < 1 or side != int(side) for side in pair):
        raise InputError(
            f"patch is {patch}: expected a positive whole number, or a pair (height, width) of them"
        )
    return int(pair[0]), int(pair[1])


def patch_grid(image: tuple[int, int], patch: tuple[int, int]) -> tuple[int, int]:
    """How many patches fit along (height, width); InputError when they do not fit exactly."""
    for side, step in zip(image, patch, strict=True):
        if side < step or side % step:
            nearest = [max(1, round(s / p)) * p for s, p in zip(image, patch, strict=True)]
            of = f"{patch[0]}" if patch[0] == patch[1] else f"{patch[0]}x{patch[1]}"
            raise InputError(
                f"image is {image[0]}x{image[1]} and patch side is {of}: {side} is not a multiple "
                f"of {step}; resize to {nearest[0]}x{nearest[1]} or choose a patch side that "
                "divides both"
            )
    return image[0] // patch[0], image[1] // patch[1]
