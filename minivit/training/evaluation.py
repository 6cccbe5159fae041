"""How good a model is on a set of images: its loss, and how much of what it tells is right."""

from collections.abc import Callable
from itertools import chain
from typing import NamedTuple, TypeVar

import numpy as np

from minivit import backend
from minivit.chosen import weights_stay
from minivit.data import checked_split
from minivit.models import Model
from minivit.models.losses import hidden_targets, loss_forward, right
from minivit.models.objective import need_classes
from minivit.training.ranks import ALONE, Ranks

BATCH = 128
Found = TypeVar("Found")


class Evaluation(NamedTuple):
    loss: float  # mean cross-entropy, without smoothing
    accuracy: float  # 0 to 1
    probabilities: np.ndarray  # (n, C)

    @property
    def predictions(self) -> np.ndarray:  # (n,)
        return self.probabilities.argmax(axis=1)


def evaluate(
    model: Model, images: np.ndarray, labels: np.ndarray, *, ranks: Ranks = ALONE
) -> Evaluation:
    """images (n, height, width, channels), labels (n,) -> loss, accuracy, probabilities.

    Several `ranks` share out the images, and each gets the whole answer.

    Raises InputError for images or labels that the model can't take, for none at all, and for a
    model that tells no classes.
    """
    need_classes(model.config)
    images, labels = checked_split(images, labels, model.config.classes)
    logits = predict_logits(model, images, ranks=ranks)
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


def measured(
    model: Model, images: np.ndarray, labels: np.ndarray, *, ranks: Ranks = ALONE
) -> Measured:
    """As `evaluate`, for any objective: what is hidden of an image is the same every time."""
    if model.config.learns_classes:
        tested = evaluate(model, images, labels, ranks=ranks)
        return Measured(tested.loss, tested.accuracy)
    ops, c = backend.current(), model.config

    def told(first: int) -> tuple[float, int]:
        part = model.check_images(images[first : first + BATCH])
        outputs = model.logits(part, first_image=first)
        targets = hidden_targets(model, part, first_image=first)
        loss = float(loss_forward(ops, c, outputs, targets)[0]) * len(part)
        return loss, right(c, outputs, targets)

    losses, corrects = zip(*of_batches(len(images), told, ranks), strict=True)
    return Measured(sum(losses) / len(images), accuracy_of(c, sum(corrects), len(images)))


def of_batches(images: int, found: Callable[[int], Found], ranks: Ranks) -> list[Found]:
    """What is found of each batch, by its first image, in order; ranks share the batches out."""
    firsts = range(0, images, BATCH)
    (own,) = ranks.shares(len(firsts))
    parts = ranks.together(lambda: [found(firsts[i]) for i in own])
    return list(chain.from_iterable(ranks.gather(parts)))


def accuracy_of(c, correct: int, images: int) -> float | None:
    """The part of all that the model told of so many images that is right; None of pixels."""
    each = 1 if c.learns_classes else c.hidden
    return None if c.objective == "mae" else correct / (images * each)


def predict_logits(model: Model, images: np.ndarray, *, ranks: Ranks = ALONE) -> np.ndarray:
    """images (n, height, width, channels) -> logits (n, C), batch by batch."""
    with weights_stay():
        parts = of_batches(len(images), lambda i: model.logits(images[i : i + BATCH]), ranks)
    return np.concatenate(parts) if parts else np.empty((0, model.config.classes), model.dtype)
