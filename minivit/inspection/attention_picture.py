"""The picture of where a model looks: images it read right, head by head, and all it got wrong.

An image is drawn like ink on paper, and attention like a marker pen over it: the colour of each
patch is multiplied with its pixels, so that the strokes stay to be seen under the strongest one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.inspection.attention import cls_attention
from minivit.inspection.pictures import INK, QUIET, new_figure, save_png
from minivit.models import ViT

MARKER = ("#ffffff", "#ffe14d", "#ff9b21", "#f0432a")  # from no attention to the most
MOST_CLASSES, MOST_MISTAKES, MOST_HEADS = 10, 10, 12


class Shown(NamedTuple):
    """What is drawn of one image."""

    grey: np.ndarray  # (height, width) in [0, 1], dark strokes on light paper
    attention: np.ndarray  # (H, rows, columns), of the last block
    label: int
    probabilities: np.ndarray  # (C,)


def attention_picture(
    model: ViT, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, path: str | Path
) -> None:
    """Draw where the cls token attends in the last block into a PNG file.

    images (n, height, width, channels), labels (n,), probabilities (n, C) that the model gives to
    them. Above, one image of each class that was read right (the first one), with a tile a head;
    below, those read wrong, the surest first, with the mean of the heads.

    Raises InputError without images, blocks or matplotlib, OSError when `path` can't be written.
    """
    if not len(images):
        raise InputError("there are no images to draw: give at least one")
    if not model.config.depth:
        raise InputError("the model has no blocks, so there is no attention to draw")
    right, wrong = choose(labels, probabilities)
    chosen = np.concatenate([right, wrong])
    attention = cls_attention(model, images[chosen])[:, -1]  # (chosen, H, rows, columns)
    greys = as_ink(images[chosen], model.preprocessing)
    shown = [
        Shown(*parts)
        for parts in zip(greys, attention, labels[chosen], probabilities[chosen], strict=True)
    ]
    mistakes = int((probabilities.argmax(axis=1) != labels).sum())
    sheet = Sheet(model, shown)
    sheet.heading()
    sheet.right_ones(shown[: len(right)])
    sheet.mistakes(shown[len(right) :], mistakes, len(images))
    save_png(sheet.figure, path)


def choose(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the first right image of each class, and of the mistakes, the surest first."""
    predictions = probabilities.argmax(axis=1)
    is_right = predictions == labels
    classes, first = np.unique(labels[is_right], return_index=True)
    right = np.flatnonzero(is_right)[first][:MOST_CLASSES]
    wrong = np.flatnonzero(~is_right)
    sureness = probabilities[wrong, predictions[wrong]]
    return right, wrong[np.argsort(-sureness, kind="stable")][:MOST_MISTAKES]


def as_ink(images: np.ndarray, preprocessing: dict) -> np.ndarray:
    """images (n, height, width, channels) -> (n, height, width) in [0, 1], dark ink on light."""
    grey = np.asarray(images, np.float64).mean(axis=-1)
    low = preprocessing.get("low", grey.min())
    high = preprocessing.get("high", grey.max())
    grey = np.clip((grey - low) / max(high - low, 1e-12), 0, 1)
    return 1 - grey if preprocessing.get("ink") == "bright" else grey
