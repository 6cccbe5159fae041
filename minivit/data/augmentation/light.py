"""Light: brightness and contrast, as if a picture had been taken or printed otherwise.

Pixels keep their range: what would be darker than black or brighter than white is held there.
"""

import numpy as np


def random_brightness(
    images: np.ndarray, rng: np.random.Generator, *, amount: float, black: float, white: float
) -> np.ndarray:
    """Make each image darker or brighter: black + f (pixel - black), f from 1 - amount to
    1 + amount.

    images (B, height, width, channels) -> the same shape.
    """
    factors = random_factors(images, rng, amount)
    return within(black + factors * (images - black), black, white)


def random_contrast(
    images: np.ndarray, rng: np.random.Generator, *, amount: float, black: float, white: float
) -> np.ndarray:
    """Move each image's pixels towards its mean, or away: mean + f (pixel - mean), f from
    1 - amount to 1 + amount.

    images (B, height, width, channels) -> the same shape; the mean is over pixels and channels.
    """
    factors = random_factors(images, rng, amount)
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return within(mean + factors * (images - mean), black, white)


def random_factors(images: np.ndarray, rng: np.random.Generator, amount: float) -> np.ndarray:
    """One factor for each image, (B, 1, 1, 1)."""
    factors = rng.uniform(1 - amount, 1 + amount, len(images))
    return factors.astype(images.dtype)[:, None, None, None]


def within(images: np.ndarray, black: float, white: float) -> np.ndarray:
    """Pixels held between black and white, whichever of them is the larger number."""
    return np.clip(images, min(black, white), max(black, white), out=images)
