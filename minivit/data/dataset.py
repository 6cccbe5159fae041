"""What a data set is: images, labels, and how its pictures became numbers."""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError


class Split(NamedTuple):
    images: np.ndarray  # (n, height, width, channels) float32, scaled
    labels: np.ndarray  # (n,) int64


class Dataset(NamedTuple):
    name: str
    class_names: list[str]
    preprocessing: dict  # how a picture becomes an input; travels with the trained model
    train: Split
    test: Split


def spread(labels: np.ndarray, each: int) -> np.ndarray:
    """Choose `each` images of every class, evenly spread over the file: labels (n,) -> mask (n,).

    No chance is involved, so the choice is the same everywhere and for ever.

    Raises InputError when a class has fewer than `each` images.
    """
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if not 0 <= each <= len(members):
            raise InputError(f"class {label} has {len(members)} images: can't choose {each}")
        chosen[members[np.arange(each) * len(members) // max(each, 1)]] = True
    return chosen


def hold_out(data: Dataset, fraction: float) -> Dataset:
    """Put a part of every class's training images in the place of the test images.

    For choosing settings without looking at the test images. Raises InputError unless
    0 < fraction < 1 leaves images on both sides.
    """
    if not 0 < fraction < 1:
        raise InputError(f"hold-out is {fraction}: expected a fraction between 0 and 1, e.g. 0.2")
    labels = data.train.labels
    each = round(fraction * len(labels) / len(data.class_names))
    held = spread(labels, each) if 0 < each < np.bincount(labels).min() else labels < 0
    if not held.any():
        raise InputError(
            f"hold-out is {fraction}: with {len(labels)} training images nothing would be left on "
            "one side; choose e.g. 0.2"
        )
    return data._replace(
        train=Split(data.train.images[~held], labels[~held]),
        test=Split(data.train.images[held], labels[held]),
    )
