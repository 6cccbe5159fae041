"""Patchify: cut an image into a row of flat patches.

    patches[b, n] = images[b, rows of patch n, columns of patch n, :].flatten()

The paper (section 3.1) writes this as x (height, width, channels) -> x_p (N, P^2 channels). A patch
begins every S pixels (the stride), usually S = P: then pixels are permuted, and the backward is the
inverse permutation. With S < P patches overlap, and the backward adds up.
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import first_of, pair, read, upstream
from minivit.ops.notes import unseen


class PatchifyCache(NamedTuple):
    image_shape: tuple  # (B, height, width, channels)
    patch: tuple  # (patch height, patch width)
    stride: tuple  # from one patch to the next (down, across)
    dtype: np.dtype  # of the gradient


def patchify_forward(
    images: np.ndarray, *, patch, stride=None, note=unseen
) -> tuple[np.ndarray, PatchifyCache]:
    """Cut images into flat patches, in raster order.

    images (B, height, width, channels) -> patches (B, N, P*P*channels),
    N = ((height - P)/S + 1) ((width - P)/S + 1), which is (height/P)(width/P) without overlap.
    Inside a patch the order is (row, column, channel), channel fastest. `patch` is a side or a
    pair (height, width); so is `stride`, and None for one patch beside the other.

    Raises InputError when the images are not of rank 4, when the patches do not fit exactly, and
    for a stride above the patch side.
    """
    images, patch = movable(images), pair(patch, "patch")
    stride = patch if stride is None else pair(stride, "stride")
    rows, columns = patch_grid(images.shape[1:3], patch, stride)
    windows = np.lib.stride_tricks.sliding_window_view(images, patch, axis=(1, 2))
    cut = windows[:, :: stride[0], :: stride[1]]  # (B, grid rows, grid columns, channels, P, P)
    patches = cut.transpose(0, 1, 2, 4, 5, 3).reshape(
        len(images), rows * columns, patch[0] * patch[1] * images.shape[3]
    )
    if np.may_share_memory(patches, images):  # one patch is the whole image: nothing was moved
        patches = patches.copy()
    note(images=images, patches=patches)
    return patches, PatchifyCache(images.shape, patch, stride, gradient_dtype(images))


def patchify_backward(
    dpatches: np.ndarray, cache: PatchifyCache, *, want_dx: bool = True, note=unseen
) -> np.ndarray | None:
    """Add every patch's gradient to where the patch was cut out.

    dpatches (B, N, P*P*channels) -> dimages (B, height, width, channels).

    patches = A images, where A copies each pixel to every patch that holds it; therefore
        dimages = A^T dpatches
    adds up what comes back from these patches. Without overlap each pixel is in one: A^T is A^-1.
    Without `want_dx` the result is None.
    """
    if not want_dx:
        return None
    dpatches = upstream(dpatches, cache.dtype)
    B, height, width, channels = cache.image_shape
    (P, Q), (down, across) = cache.patch, cache.stride
    rows, columns = patch_grid((height, width), cache.patch, cache.stride)
    cut = dpatches.reshape(B, rows, columns, P, Q, channels)
    dimages = np.zeros(cache.image_shape, cache.dtype)
    for row in range(rows):
        for column in range(columns):
            top, left = row * down, column * across
            dimages[:, top : top + P, left : left + Q] += cut[:, row, column]
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


def patch_grid(
    image: tuple[int, int], patch: tuple[int, int], stride: tuple[int, int] | None = None
) -> tuple[int, int]:
    """How many patches fit along (height, width); InputError when they do not fit exactly."""
    stride = patch if stride is None else stride
    if any(step > side for step, side in zip(stride, patch, strict=True)):
        raise InputError(
            f"stride is {by(stride)} and patch side is {by(patch)}: the pixels between two patches "
            "would be in none; choose a stride of at most the patch side"
        )
    for side, length, step in zip(image, patch, stride, strict=True):
        if side < length or (side - length) % step:
            sizes = zip(image, patch, stride, strict=True)
            nearest = [p + max(0, round((s - p) / t)) * t for s, p, t in sizes]
            resize = f"resize to {nearest[0]}x{nearest[1]} or choose"
            if stride == patch:
                raise InputError(
                    f"image is {image[0]}x{image[1]} and patch side is {by(patch)}: {side} is not "
                    f"a multiple of {length}; {resize} a patch side that divides both"
                )
            raise InputError(
                f"image is {image[0]}x{image[1]}, patch side is {by(patch)} and stride is "
                f"{by(stride)}: {side} is not {length} and some strides of {step}; {resize} "
                "another stride"
            )
    return tuple((s - p) // t + 1 for s, p, t in zip(image, patch, stride, strict=True))


def by(pair: tuple[int, int]) -> str:
    """A pair of sides as words: (4, 4) -> "4", (4, 2) -> "4x2"."""
    return f"{pair[0]}" if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"
