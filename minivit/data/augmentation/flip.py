"""Flips: an image and its mirror image, left and right exchanged."""

import numpy as np

from minivit.ops.chance import drawn, mixed


def flipped(images: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Mirror the images of `which`, left to right.

    images (B, height, width, channels), which (B,) bool -> the same shape.
    """
    both = images.copy()
    both[which] = images[which, :, ::-1]
    return both


def random_flips(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror each image with a probability of one half."""
    return flipped(images, rng.random(len(images)) < 0.5)


def alternating_flips(seed: int, numbers: np.ndarray, epoch: int) -> np.ndarray:
    """Which images to mirror in an epoch (from 0): numbers (B,) in the data set -> bool (B,).

    In the first epoch a random half; after it every image is, each epoch, the other way round. So
    in any two epochs in a row a model sees both sides of all images, where random flips show every
    second image the same side twice (Keller Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a
    single GPU", section 3.6).
    """
    first = drawn(mixed(seed, "flip"), numbers) & np.uint64(1)
    return first != np.uint64(epoch % 2)
