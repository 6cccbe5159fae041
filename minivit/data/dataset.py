"""What a data set is: images, labels, and how its pictures became numbers."""

from typing import NamedTuple

import numpy as np

from minivit.data.sources import ImageSource, chosen
from minivit.errors import InputError
from minivit.models.class_names import class_names
from minivit.models.images import pixel_range
from minivit.ops.cross_entropy import check_labels
from minivit.ops.inputs import read

SOME = 1000  # images of a source that tell its range


class Split(NamedTuple):
    images: np.ndarray | ImageSource  # (n, height, width, channels) float32, scaled
    labels: np.ndarray  # (n,) int64

    def __repr__(self) -> str:
        return f"{np.shape(self.labels)[0]} images {'x'.join(map(str, np.shape(self.images)[1:]))}"


class Dataset(NamedTuple):
    name: str
    class_names: list[str]
    preprocessing: dict  # how a picture becomes an input; travels with the trained model
    train: Split
    test: Split
    remarks: tuple[str, ...] = ()  # what was done to it, in words

    def __repr__(self) -> str:
        """In one line, without the numbers."""
        names = "" if self.class_names is None else f"; {len(self.class_names)} classes"
        return f"data set {self.name}: {self.train} to train, {self.test} to test{names}"


def checked(data: Dataset, classes: int | None = None) -> Dataset:
    """The same data set with arrays: users' own data may have lists.

    Labels become int64; names become words, one for each of `classes`, if that is known. Raises
    InputError when there are not as many labels as images, or for wrong names or labels.
    """
    train, test = (checked_split(*split, classes) for split in (data.train, data.test))
    names = data.class_names
    if classes is not None:
        if isinstance(names, list | tuple) and names and len(names) != classes:
            raise another_head(f"{len(names)} classes, {', '.join(map(str, names[:5]))}", classes)
        names = class_names(names, classes)
    preprocessing = dict(data.preprocessing or {})
    return data._replace(class_names=names, preprocessing=preprocessing, train=train, test=test)


def checked_split(images, labels, classes: int | None) -> Split:
    """Arrays of the same length; images of any kind or a source of them, labels (n,) int64."""
    labels = read("labels", labels)
    if not isinstance(images, ImageSource):
        images = read("images", images)
    if not labels.size and labels.ndim == 1:
        labels = labels.astype(np.int64)  # an empty list has no kind
    if not images.ndim:
        raise InputError(f"images are {images}: expected an array (n, height, width, channels)")
    most = int(labels.max(initial=0)) + 1 if labels.dtype.kind in "iu" else 1
    if classes is not None and most > classes:
        raise another_head(f"labels up to {most - 1}", classes)
    check_labels(labels, len(images), classes or most)
    return Split(images, labels.astype(np.int64, copy=False))


def another_head(given: str, classes: int) -> InputError:
    return InputError(
        f"the data have {given}, and the model's head is for {classes} classes: give data with as "
        "many, or teach a trained model these, by `minivit finetune` or minivit.finetune(model, "
        "data)"
    )


def black_and_white(preprocessing: dict, images: np.ndarray | ImageSource) -> tuple[float, float]:
    """The pixels that black and white became.

    Where that isn't known, the least and the largest; of a source, those of its first images.
    """
    if known := pixel_range(preprocessing):
        return float(known[0]), float(known[1])
    some = images[:SOME] if isinstance(images, ImageSource) else images
    return float(np.min(some)), float(np.max(some))


def telling_range(preprocessing: dict, images: np.ndarray | ImageSource) -> dict:
    """The same, with the pixels that black and white became: what is hidden is told by them."""
    if pixel_range(preprocessing):
        return preprocessing
    low, high = black_and_white(preprocessing, images)
    return preprocessing | {"low": low, "high": high}


def ground(preprocessing: dict, images: np.ndarray | ImageSource) -> float:
    """The pixel of the ground around the strokes; the least one where nothing is known of it."""
    black, white = black_and_white(preprocessing, images)
    return white if preprocessing.get("ink") == "dark" else black


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
        chosen[evenly(members, each)] = True
    return chosen


def stratified(labels: np.ndarray, part: float) -> np.ndarray:
    """Choose a part of every class, evenly spread over the file: labels (n,) -> mask (n,).

    Of a class with two images or more, at least one is chosen and one is not.
    """
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        chosen[evenly(members, min(max(round(part * len(members)), 1), len(members) - 1))] = True
    return chosen


def evenly(members: np.ndarray, count: int) -> np.ndarray:
    """members (n,) -> (count,) of them, as far apart as can be."""
    return members[np.arange(count) * len(members) // max(count, 1)]


def hold_out(data: Dataset, fraction: float) -> Dataset:
    """Put a part of every class's training images in the place of the test images.

    The same number of each, unless one class is more than twice as large as another: then the same
    part of each. For choosing settings without looking at the test images. Raises InputError unless
    0 < fraction < 1 leaves images on both sides.
    """
    if not 0 < fraction < 1:
        raise InputError(f"hold-out is {fraction}: expected a fraction between 0 and 1, e.g. 0.2")
    data = checked(data)
    labels = data.train.labels
    found = np.unique(labels, return_counts=True)[1]  # how often each class is there
    each = round(fraction * len(labels) / max(len(found), 1))
    held = labels < 0
    if 0 < each < found.min(initial=len(labels)) and found.max() <= 2 * found.min():
        held = spread(labels, each)
    elif each and (np.rint(fraction * found) < found).all():
        held = stratified(labels, fraction)
    if not held.any():
        raise InputError(
            f"hold-out is {fraction}: with {len(labels)} training images nothing would be left on "
            "one side; choose e.g. 0.2"
        )
    return data._replace(
        train=Split(chosen(data.train.images, ~held), labels[~held]),
        test=Split(chosen(data.train.images, held), labels[held]),
    )
