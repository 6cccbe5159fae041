"""What a look is taken at: a model, a few images, and the class that is asked about in each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.figures.attention import as_pictures
from minivit.figures.look import fitting
from minivit.models import Model
from minivit.ops import softmax_forward

POINTS = 8  # of the words above a tile


class Subject(NamedTuple):
    """Images as the model takes them and as people see them, and what the model says of them."""

    model: Model
    names: list[str]  # of the images: a file's name
    images: np.ndarray  # (n, height, width, channels)
    pictures: np.ndarray  # (n, height, width) or (n, height, width, 3), in [0, 1]
    probabilities: np.ndarray  # (n, C)
    targets: np.ndarray  # (n,): the class that is asked about
    labels: np.ndarray | None  # (n,), where they are known

    def caption(self, i: int, inches: float) -> str:
        """Lines that long: the image's name, what the model says it is, and perhaps what it is."""
        said, asked = int(self.probabilities[i].argmax()), int(self.targets[i])
        is_wrong = self.labels is not None and self.labels[i] != said
        lines = [
            fitting("", self.names[i], "", POINTS, inches),
            self.chance("said: " if is_wrong else "", i, said, inches),
        ]
        if is_wrong:
            lines.append(self.chance("is: ", i, int(self.labels[i]), inches))
        if asked != said:
            lines.append(self.chance("asked: ", i, asked, inches))
        return "\n".join(lines)

    def chance(self, before: str, i: int, label: int, inches: float) -> str:
        """The name of a class, and how probable the model finds it."""
        chance = float(self.probabilities[i, label])
        after = f": {chance:.0%}" if chance >= 0.01 else f": {chance:.1%}"
        return fitting(before, self.model.class_names[label], after, POINTS, inches)

    @property
    def lines(self) -> int:
        """The most lines that a caption has."""
        return max(self.caption(i, inches=9).count("\n") + 1 for i in range(len(self.images)))

    def first(self, count: int) -> "Subject":
        """The same of the first images alone."""
        labels = None if self.labels is None else self.labels[:count]
        parts = (self.names, self.images, self.pictures, self.probabilities, self.targets)
        return Subject(self.model, *(part[:count] for part in parts), labels)


def subject(
    model: Model, names: Sequence[str], images: np.ndarray, *, target: int | None = None,
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
