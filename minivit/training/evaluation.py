"""How good a model is on a set of images: its loss, and how much of what it tells is right."""

from typing import NamedTuple

import numpy as np

from minivit import backend
from minivit.chosen import weights_stay
from minivit.data import checked_split
from minivit.models import Model
from minivit.models.losses import hidden_targets, loss_forward, right
from minivit.models.objective import need_classes

BATCH = 128


class Evaluation(NamedTuple):
    loss: float  # mean cross-entropy, without smoothing
    accuracy: float  # 0 to 1
    probabilities: np.ndarray  # (n, C)

    @property
    def predictions(self) -> np.ndarray:  # (n,)
        return self.probabilities.argmax(axis=1)


def evaluate(model: Model, images: np.ndarray, labels: np.ndarray) -> Evaluation:
    """images (n, height, width, channels), labels (n,) -> loss, accuracy, probabilities.

    Raises InputError for images or labels that the model can't take, for none at all, and for a
    model that tells no classes.
    """
    need_classes(model.config)
    images, labels = checked_split(images, labels, model.config.classes)
    logits = predict_logits(model, images)
    loss, cache = backend.current().cross_entropy_forward(logits, labels=labels)
    accuracy = float((logits.argmax(axis=1) == labels).mean())
    return Evaluation(float(loss), accuracy, cache.probs)


class Measured(NamedTuple):
    """How far a model is from what it learns, whatever that is."""

    loss: float
    accuracy: float | None  # 0 to 1, of the classes or the colours; None of pixels

    def columns(self, name: str) -> dict[str, float]:
        """As a row of the history has it: {"test_loss": ..., "test_accuracy": ...}."""
        accuracy = {} if self.accuracy is None else {f"{name}_accuracy": self.accuracy}
        return {f"{name}_loss": self.loss, **accuracy}


def measured(model: Model, images: np.ndarray, labels: np.ndarray) -> Measured:
    """As `evaluate`, for any objective: what is hidden of an image is the same every time."""
    if model.config.learns_classes:
        tested = evaluate(model, images, labels)
        return Measured(tested.loss, tested.accuracy)
    ops, c, loss, correct = backend.current(), model.config, 0.0, 0
    for first in range(0, len(images), BATCH):
        part = model.check_images(images[first : first + BATCH])
        outputs = model.logits(part, first_image=first)
        targets = hidden_targets(model, part, first_image=first)
        loss += float(loss_forward(ops, c, outputs, targets)[0]) * len(part)
        correct += right(c, outputs, targets)
    return Measured(loss / len(images), accuracy_of(c, correct, len(images)))


def accuracy_of(c, correct: int, images: int) -> float | None:
    """The part of all that the model told of so many images that is right; None of pixels."""
    each = 1 if c.learns_classes else c.hidden
    return None if c.objective == "mae" else correct / (images * each)


def predict_logits(model: Model, images: np.ndarray) -> np.ndarray:
    """images (n, height, width, channels) -> logits (n, C), batch by batch."""
    with weights_stay():
        parts = [model.logits(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    return np.concatenate(parts) if parts else np.empty((0, model.config.classes), model.dtype)
