"""What a recipe changes in the images of a batch, in which order."""

import numpy as np

from minivit.data import Split, black_and_white, ground
from minivit.data.augmentation import (
    alternating_flips,
    cutmix,
    flipped,
    mixup,
    random_brightness,
    random_contrast,
    random_erasing,
    random_flips,
    random_rotation,
    random_shift,
    soft_targets,
)
from minivit.errors import InputError
from minivit.training.recipe import TrainingConfig


class Augmentation:
    """The changes of a recipe, for the images of one data set."""

    def __init__(self, config: TrainingConfig, preprocessing: dict, train: Split):
        """Raises InputError for a shift that would leave nothing of an image."""
        self.config = config
        self.black, self.white = black_and_white(preprocessing, train.images)
        mirrored = config.shift_fill == "reflect"
        self.fill = None if mirrored else ground(preprocessing, train.images)
        # What is drawn for an image depends on others, or comes from them.
        self.needs_all = bool(config.erasing or config.mixup or config.cutmix)
        side = max(train.images.shape[1:3])
        if config.shift > side:
            raise InputError(
                f"shift is {config.shift}, and the longer side of the images is {side}: nothing "
                "would be left of many; choose a few pixels"
            )

    def changed(
        self, images: np.ndarray, numbers: np.ndarray, epoch: int, rng: np.random.Generator
    ) -> np.ndarray:
        """All that leaves the labels alone: images (B, ...) of these numbers (B,) in the data set.

        First what moves an image, then its light, then the box that is missing: it keeps its noise.
        """
        c, light = self.config, {"black": self.black, "white": self.white}
        if c.flip == "random":
            images = random_flips(images, rng)
        elif c.flip == "alternating":
            images = flipped(images, alternating_flips(c.seed, numbers, epoch))
        if c.rotation:
            images = random_rotation(images, rng, degrees=c.rotation, fill=self.fill)
        if c.shift:
            images = random_shift(images, rng, pixels=c.shift, fill=self.fill)
        if c.brightness:
            images = random_brightness(images, rng, amount=c.brightness, **light)
        if c.contrast:
            images = random_contrast(images, rng, amount=c.contrast, **light)
        if c.erasing:
            images = random_erasing(images, rng, rate=c.erasing, **light)
        return images

    def blended(
        self, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """images, labels (B,), the class of each, and targets for the loss: (B,), or soft (B, C).

        Where the recipe has both mixup and cutmix, one of them is drawn for the batch. The label of
        two images in one is that with the larger share.
        """
        c = self.config
        ways = [(mix, alpha) for mix, alpha in ((mixup, c.mixup), (cutmix, c.cutmix)) if alpha]
        if not ways:
            return images, labels, labels
        mix, alpha = ways[rng.integers(len(ways))]
        mixture = mix(images, rng, alpha=alpha)
        targets = soft_targets(labels, mixture, c.model.classes)
        return mixture.images, targets.argmax(axis=1), targets
