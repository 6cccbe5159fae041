"""Augmentation: small changes that leave the label alone."""

import numpy as np


def random_shift(
    images: np.ndarray, rng: np.random.Generator, *, pixels: int, fill: float
) -> np.ndarray:
    """Shift each image by up to `pixels` down or up and right or left, independently.

    images (B, height, width, channels) -> the same shape; what comes in from outside is `fill`.
    """
    B, height, width, _ = images.shape
    border = ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0))
    padded = np.pad(images, border, constant_values=fill)
    down, right = rng.integers(0, 2 * pixels + 1, (2, B))
    rows = down[:, None] + np.arange(height)  # (B, height)
    columns = right[:, None] + np.arange(width)  # (B, width)
    return padded[np.arange(B)[:, None, None], rows[:, :, None], columns[:, None, :]]
