"""Mixup and cutmix: two images of a batch become one, and their labels are shared out alike."""

from typing import NamedTuple

import numpy as np

from minivit.data.augmentation.boxes import box_mask


class Mixture(NamedTuple):
    images: np.ndarray  # (B, height, width, channels)
    partners: np.ndarray  # (B,): which image of the batch came in
    shares: np.ndarray  # (B,): what is left of the image's own, 0 to 1


def mixup(images: np.ndarray, rng: np.random.Generator, *, alpha: float) -> Mixture:
    """Lay another image of the batch over each: share x + (1 - share) partner.

    images (B, height, width, channels); share ~ Beta(alpha, alpha), for every image its own: a
    small alpha mixes most of them little, 1 all shares alike (Zhang et al. 2018, "mixup: Beyond
    Empirical Risk Minimization", section 2).
    """
    partners, shares = rng.permutation(len(images)), rng.beta(alpha, alpha, len(images))
    shares = shares.astype(images.dtype)
    other, kept = images[partners], shares[:, None, None, None]
    other += kept * (images - other)
    return Mixture(other, partners, shares)


def cutmix(images: np.ndarray, rng: np.random.Generator, *, alpha: float) -> Mixture:
    """Paste a box of another image of the batch into each, at the same place.

    images (B, height, width, channels); 1 - Beta(alpha, alpha) of the area, in the image's own
    proportions, about any pixel; what would lie outside is lost, and the share counts the pixels
    that are left (Yun et al. 2019, "CutMix", equations 1 and 2).
    """
    B, height, width, _ = images.shape
    partners, drawn = rng.permutation(B), rng.beta(alpha, alpha, B)
    image = np.array([[height], [width]])
    sides = (image * np.sqrt(1 - drawn)).astype(int)  # (2, B)
    corners = rng.integers(0, image, (2, B)) - sides // 2
    ends = np.minimum(corners + sides, image)
    mask = box_mask(corners, ends, height, width)
    shares = 1 - mask.mean(axis=(1, 2))
    pasted = np.where(mask[..., None], images[partners], images)
    return Mixture(pasted, partners, shares.astype(images.dtype))


def soft_targets(labels: np.ndarray, mixture: Mixture, classes: int) -> np.ndarray:
    """What the images show: labels (B,) -> probabilities (B, C), two labels with their shares."""
    B, shares = len(labels), mixture.shares
    targets = np.zeros((B, classes), shares.dtype)
    targets[np.arange(B), labels] = shares
    targets[np.arange(B), labels[mixture.partners]] += 1 - shares
    return targets
