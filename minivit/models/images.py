"""Images as a model takes them, looked at once, at its edge."""

import numpy as np

from minivit.errors import InputError

LARGEST_PIXEL = 10  # a scaled image lies within a few units of 0; grey levels and bytes do not


def check_images(images: np.ndarray, image: tuple[int, int], channels: int, dtype) -> np.ndarray:
    """Images in `dtype`, for a model of images of `image` (height, width) and `channels`.

    Raises InputError when their shape, their kind or their range can't be meant.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[1:] != (*image, channels):
        raise InputError(
            f"images have shape {images.shape}: this model takes (B, {image[0]}, "
            f"{image[1]}, {channels}), that is (B, height, width, channels)"
        )
    if images.dtype.kind not in "fiub":
        raise InputError(f"images have dtype {images.dtype}: expected real numbers")
    if images.size:
        low, high = images.min(), images.max()
        if not (low >= -LARGEST_PIXEL and high <= LARGEST_PIXEL):
            raise InputError(
                f"images have values from {low} to {high}: they look unscaled, or have NaN or "
                "infinity; scale pixels to [-1, 1] or [0, 1] first, e.g. images / 255"
            )
    return images.astype(dtype, copy=False)
