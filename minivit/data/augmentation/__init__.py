"""Augmentation: small changes of images while a model learns from them, drawn by chance.

Each takes images (B, height, width, channels) and a generator, and returns new images of the same
shape and dtype; what it was given stays as it was. The label stays too; only mixup and cutmix blend
two images of a batch, and with them their labels.
"""

from minivit.data.augmentation.draws import DrawsOfSome
from minivit.data.augmentation.erasing import random_erasing
from minivit.data.augmentation.flip import alternating_flips, flipped, random_flips
from minivit.data.augmentation.light import random_brightness, random_contrast
from minivit.data.augmentation.mixing import Mixture, cutmix, mixup, soft_targets
from minivit.data.augmentation.rotation import random_rotation, rotated
from minivit.data.augmentation.shift import random_shift

__all__ = [
    "DrawsOfSome",
    "Mixture",
    "alternating_flips",
    "cutmix",
    "flipped",
    "mixup",
    "random_brightness",
    "random_contrast",
    "random_erasing",
    "random_flips",
    "random_rotation",
    "random_shift",
    "rotated",
    "soft_targets",
]
