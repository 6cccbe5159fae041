"""What a reader of files has found, and how it becomes a data set."""

import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.data.dataset import Dataset, Split, stratified
from minivit.data.known import KNOWN, WITHOUT_FILES
from minivit.data.sources import ImageSource, Levels, chosen
from minivit.errors import InputError
from minivit.files import typed

TEST_PART = 0.2  # of every class is put aside where a set has no test images
LOW, HIGH = -1.0, 1.0  # what black and white become


class Found(NamedTuple):
    """Images and labels as they lie in files."""

    train: Split  # images uint8 (n, height, width, channels), numbers that are scaled, or a source
    test: Split | None = None
    class_names: list[str] | None = None
    known: str | None = None  # the name of a well-known set, if its form says which it is
    white: int = 255  # the level of white, where images are bytes
    range: tuple[float, float] | None = (LOW, HIGH)  # black and white in scaled images, if known
    remarks: tuple[str, ...] = ()  # what the user must know of how it was read


def dataset_of(found: Found, place: Path, known: str | None = None) -> Dataset:
    """A data set of what lies at `place`, with all its labels checked.

    A well-known set brings the names of its classes and the way its pictures were made. Which one
    it is, `known` may say; else its form or its labels do.

    Raises InputError when there are not as many labels as images, and for labels that can't be.
    """
    for split in filter(None, (found.train, found.test)):
        if len(split.images) != len(split.labels):
            raise InputError(
                f"{place} has {len(split.images):,} images and {len(split.labels):,} labels: "
                "expected as many of one as of the other"
            )
    is_this = found.known or recognised(found.train)
    if known and is_this and known != is_this:
        raise InputError(f"{place} holds {is_this}, not {known}: give --data {is_this}")
    if known and found.test is None:
        raise InputError(
            f"{place} holds a part of {known}, without its test images: `minivit data get {known}` "
            f"fetches the rest; to train on what is there, give --data {typed(place)}"
        )
    known = known or is_this
    names = found.class_names or (list(KNOWN[known].class_names) if known else None)
    names = names or [str(c) for c in range(class_count(found.train.labels, place))]
    train, test, remarks = split_up(found, names, place)
    return Dataset(
        name=known or name_of(place),
        class_names=names,
        preprocessing=preprocessing_of(found, place, known),
        train=train,
        test=test,
        remarks=remarks,
    )


def split_up(found: Found, names: list[str], place: Path) -> tuple[Split, Split, tuple[str, ...]]:
    """What is trained on, what is tested on, and what must be said of that."""
    train, test, remarks = found.train, found.test, found.remarks
    for split in filter(None, (train, test)):
        check_labels(split.labels, names, place)
    if len(np.unique(train.labels)) < 2:
        raise InputError(
            f"{place} has training images of one class alone: there is nothing to tell apart; "
            "expected two classes or more"
        )
    if test is None:
        held = stratified(train.labels, TEST_PART)
        train, test = (Split(chosen(train.images, m), train.labels[m]) for m in (~held, held))
        remarks = (*remarks, f"no test images: {len(test.labels):,} of {len(held):,} are put aside "
                             "to test on, evenly spread over every class")  # fmt: skip
    if train.images.shape[1:] != test.images.shape[1:]:
        shapes = ("x".join(map(str, split.images.shape[1:])) for split in (train, test))
        raise InputError(f"{place} has training and test images of {' and '.join(shapes)} pixels")
    return scaled(train, found), scaled(test, found), remarks


def scaled(split: Split, found: Found) -> Split:
    """Bytes become a source that scales them; labels become int64."""
    images = split.images
    if not isinstance(images, ImageSource) and images.dtype == np.uint8:
        images = Levels(images, low=LOW, high=HIGH, white=found.white)
    return Split(images, split.labels.astype(np.int64))


def preprocessing_of(found: Found, place: Path, known: str | None) -> dict:
    """How a picture becomes an input, and where the set lies."""
    height, width, channels = map(int, found.train.images.shape[1:])
    made = {"height": height, "width": width, "channels": channels}
    if found.range is not None:
        made |= {"low": found.range[0], "high": found.range[1], "ink": "any"}
    if known:
        made |= KNOWN[known].preprocessing
    return {"dataset": known or name_of(place), "place": str(place.absolute()), **made}


def name_of(place: Path) -> str:
    """A name for a set of one's own: that of its file or folder, if no other set is called so."""
    name = place.absolute().stem if place.is_file() else place.absolute().name or "data"
    return f"my-{name}" if name in (*KNOWN, *WITHOUT_FILES) else name


def recognised(train: Split) -> str | None:
    """Which well-known set has these training labels, in this order."""
    if train.labels.dtype.kind not in "iu" or not len(train.labels) or train.labels.max() > 255:
        return None
    checksum = zlib.crc32(np.ascontiguousarray(train.labels, np.uint8))
    return next((name for name, known in KNOWN.items() if known.labels_sum == checksum), None)


def class_count(labels: np.ndarray, place: Path) -> int:
    """How many classes there are where none has a name: up to the highest label."""
    check_labels(labels, None, place)
    return int(labels.max()) + 1


def check_labels(labels: np.ndarray, names: list[str] | None, place: Path) -> None:
    """InputError unless the labels are numbers of classes from 0 on.

    Without names there can't be more classes than images: a model would be made for all of them.
    """
    most = len(labels) if names is None else len(names)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not labels.size:
        raise InputError(
            f"{place} has labels of shape {labels.shape} and dtype {labels.dtype}: expected one "
            "whole number for each image"
        )
    if labels.min() < 0 or labels.max() >= most:
        classes = f"{most:,} {'images' if names is None else 'classes'}"
        raise InputError(
            f"{place} has labels from {labels.min():,} to {labels.max():,}, for {classes}: expected"
            f" numbers of classes from 0 to {most - 1:,} at most"
        )
