"""What a look is taken at: a model, a few images, and the class that is asked about in each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.figures.attention import as_pictures
from minivit.figures.look import words
from minivit.models import ViT
from minivit.ops import softmax_forward

LONGEST = 26  # characters of a name above a tile


class Subject(NamedTuple):
    """Images as the model takes them and as people see them, and what the model says of them."""

    model: ViT
    names: list[str]  # of the images: a file's name
    images: np.ndarray  # (n, height, width, channels)
    pictures: np.ndarray  # (n, height, width) or (n, height, width, 3), in [0, 1]
    probabilities: np.ndarray  # (n, C)
    targets: np.ndarray  # (n,): the class that is asked about
    labels: np.ndarray | None  # (n,), where they are known

    def caption(self, i: int) -> str:
        """Two lines: what the image is, and what the model says it is."""
        said, asked = int(self.probabilities[i].argmax()), int(self.targets[i])
        names, chance = self.model.class_names, self.probabilities[i]
        line = f"{words(names[said], LONGEST)} {chance[said]:.0%}"
        if self.labels is not None and self.labels[i] != said:
            line = f"wrong: {line}"
        if asked != said:
            line += f"; asked: {words(names[asked], LONGEST)} {chance[asked]:.0%}"
        return f"{words(self.names[i], LONGEST)}\n{line}"

    def first(self, count: int) -> "Subject":
        """The same of the first images alone."""
        labels = None if self.labels is None else self.labels[:count]
        parts = (self.names, self.images, self.pictures, self.probabilities, self.targets)
        return Subject(self.model, *(part[:count] for part in parts), labels)


def subject(
    model: ViT, names: Sequence[str], images: np.ndarray, *, target: int | None = None,
    labels: np.ndarray | None = None,
) -> Subject:  # fmt: skip
    """Ask the model: images (n, height, width, channels), a name for each.

    `target` is the class that is asked about; None: the one that the model says.

    Raises InputError for images that the model does not take, and when its answers overflow.
    """
    images = model.check_images(images)
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        probabilities, _ = softmax_forward(model.logits(images))
    if not np.isfinite(probabilities).all():
        raise InputError(
            "the model's answers overflow, its parameters are too large; choose another "
            "checkpoint, or train with a lower learning rate"
        )
    said = probabilities.argmax(axis=1)
    targets = said if target is None else np.full(len(images), target)
    pictures = as_pictures(images, model.preprocessing)
    return Subject(model, list(names), images, pictures, probabilities, targets, labels)
