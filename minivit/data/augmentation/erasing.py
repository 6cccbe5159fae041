"""Random erasing: noise in the place of a part of the image, so that no part is relied on alone."""

import math

import numpy as np

from minivit.data.augmentation.boxes import box_mask

AREA = (0.02, 0.4)  # of the image
ASPECT = (0.3, 1 / 0.3)  # height by width; high boxes are as frequent as wide ones


def random_erasing(
    images: np.ndarray, rng: np.random.Generator, *, rate: float, black: float, white: float
) -> np.ndarray:
    """Fill a box with noise in each image, with a probability of `rate`.

    images (B, height, width, channels) -> the same shape. Every value of the box is drawn between
    black and white; its area and its aspect lie in the ranges of Zhong et al. 2017, "Random Erasing
    Data Augmentation", section 4. A box that is longer than the image is cut to it, where the paper
    draws another one.
    """
    B, height, width, channels = images.shape
    chosen = rng.random(B) < rate
    area = rng.uniform(*AREA, B) * (height * width)
    aspect = np.exp(rng.uniform(*map(math.log, ASPECT), B))
    image = np.array([[height], [width]])
    sides = np.rint(np.sqrt([area * aspect, area / aspect])).astype(int)
    sides = np.clip(sides, 1, image)  # (2, B)
    corners = rng.integers(0, image - sides + 1)
    mask = box_mask(corners, corners + sides, height, width) & chosen[:, None, None]
    noise = rng.random((np.count_nonzero(mask), channels), dtype=images.dtype)
    erased = images.copy()
    erased[mask] = black + (white - black) * noise
    return erased
