"""What a model may be asked about patches that it does not see: their mean colours, their pixels.

    colour = levels of all channels as one number, the first channel leading
    level  = floor(2^bits (mean - low) / (high - low)), and the brightest is in the last bin
    pixels = the flat patch, or (patch - its mean) / its standard deviation

These are labels: they get no gradient. (ViT paper, appendix B.1.2: "the 3-bit, mean color"; He et
al. 2021, section 3: normalised pixels. Their code divides by n - 1, LayerNorm's formula by n.)
"""

import math

import numpy as np

from minivit.errors import InputError
from minivit.ops.patchify import patchify_forward

BITS = 3
EPS = 1e-6  # beside a patch's variance: many are of one colour


def colour_count(channels: int) -> int:
    """How many colours there are: 8 of one channel, 512 of three."""
    return 2 ** (BITS * channels)


def patch_colours(
    images: np.ndarray, *, patch, stride=None, low: float = -1.0, high: float = 1.0
) -> np.ndarray:
    """images (B, height, width, channels) -> (B, N), the mean colour of each patch as a class.

    Black is `low` and white `high`; what lies outside counts as black or white. Raises InputError
    unless high is above low, and as `patchify_forward` does.
    """
    if not (math.isfinite(high - low) and low < high):
        raise InputError(f"low is {low:g} and high is {high:g}: white must be above black")
    patches, _ = patchify_forward(images, patch=patch, stride=stride)
    pixels = patches.reshape(*patches.shape[:2], -1, images.shape[3])  # (B, N, P*P, channels)
    mean = pixels.mean(axis=2, dtype=np.float64)  # (B, N, channels): the same in both dtypes
    levels = np.floor((mean - low) / (high - low) * 2**BITS).clip(0, 2**BITS - 1).astype(np.int64)
    leading_first = 2 ** (BITS * np.arange(images.shape[3])[::-1])
    return levels @ leading_first


def patch_pixels(images: np.ndarray, *, patch, stride=None, normalised: bool = False) -> np.ndarray:
    """images (B, height, width, channels) -> (B, N, P*P*channels), each patch by itself."""
    patches, _ = patchify_forward(images, patch=patch, stride=stride)
    if not normalised:
        return patches
    centred = patches - patches.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPS)
