"""How good a model is on a set of images."""

from typing import NamedTuple

import numpy as np

from minivit import backend
from minivit.data import checked_split
from minivit.models import ViT

BATCH = 128


class Evaluation(NamedTuple):
    loss: float  # mean cross-entropy, without smoothing
    accuracy: float  # 0 to 1
    probabilities: np.ndarray  # (n, C)

    @property
    def predictions(self) -> np.ndarray:  # (n,)
        return self.probabilities.argmax(axis=1)


def evaluate(model: ViT, images: np.ndarray, labels: np.ndarray) -> Evaluation:
    """images (n, height, width, channels), labels (n,) -> loss, accuracy, probabilities.

    Raises InputError for images or labels that the model can't take, and for none at all.
    """
    images, labels = checked_split(images, labels, model.config.classes)
    logits = predict_logits(model, images)
    loss, cache = backend.current().cross_entropy_forward(logits, labels=labels)
    accuracy = float((logits.argmax(axis=1) == labels).mean())
    return Evaluation(float(loss), accuracy, cache.probs)


def predict_logits(model: ViT, images: np.ndarray) -> np.ndarray:
    """images (n, height, width, channels) -> logits (n, C), batch by batch."""
    parts = [model.logits(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    return np.concatenate(parts) if parts else np.empty((0, model.config.classes), model.dtype)
