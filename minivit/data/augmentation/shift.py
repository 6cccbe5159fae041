"""Shifts: pad an image on all sides, and cut a window of its own size out of it at random."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def random_shift(
    images: np.ndarray, rng: np.random.Generator, *, pixels: int, fill: float | None
) -> np.ndarray:
    """Shift each image by up to `pixels` down or up and right or left, independently.

    images (B, height, width, channels) -> the same shape. What comes in from outside is `fill`, or
    with None the image itself, mirrored at its outermost pixels (Keller Jordan 2024, "94% on
    CIFAR-10 in 3.29 seconds on a single GPU", section 3.1, has such reflected borders).
    """
    B, height, width, channels = images.shape
    border = ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0))
    if fill is None:
        padded = np.pad(images, border, mode="reflect")
    else:
        padded = np.pad(images, border, constant_values=fill)
    down, right = rng.integers(0, 2 * pixels + 1, (2, B))
    # As lines, so that a window's rows are copied whole.
    lines = padded.reshape(B, height + 2 * pixels, (width + 2 * pixels) * channels)
    windows = sliding_window_view(lines, (height, width * channels), axis=(1, 2))
    return windows[np.arange(B), down, right * channels].reshape(images.shape)
