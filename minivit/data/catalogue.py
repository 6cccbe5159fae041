"""All data sets: by a name, or by the place where one lies."""

import os
from functools import partial
from pathlib import Path

from minivit.data.dataset import Dataset, Split
from minivit.data.digits import load_digits
from minivit.data.fashion_small import load_fashion_small
from minivit.data.finding import find, moved
from minivit.data.known import KNOWN, WITHOUT_FILES
from minivit.data.picture_source import PictureSource
from minivit.data.preprocessing import RESIZED_FROM, TAKEN, check_levels, check_words
from minivit.data.readers import read
from minivit.data.resized import Resized, scale_between
from minivit.data.shapes import load_shapes
from minivit.errors import InputError
from minivit.fields import is_whole_number
from minivit.fields import sides as sides_of
from minivit.models import Model, ViTConfig
from minivit.nearest import nearest

SHAPES = load_shapes, partial(load_shapes, by="colour"), partial(load_shapes, by="pair")
LOADERS = load_digits, load_fashion_small, *SHAPES
HERE = dict(zip(WITHOUT_FILES, LOADERS, strict=True))
DATASETS = (*HERE, *KNOWN)
LARGEST_SIDE = 1024  # pixels that a picture is resized to, at most


def load_dataset(name: str | Path, *, image: int | tuple[int, int] | None = None) -> Dataset:
    """A data set by its name, e.g. "digits" or "mnist", or by the file or folder it lies in.

    `image` are the sides (height, width) that its images are resized to. A name goes before a file
    of that name: "./digits" is the file.

    Raises InputError for an unknown name, and for what is no data set.
    """
    if name in HERE:
        data = HERE[name]()
    elif name in KNOWN:
        data = read(find(name), name)
    else:
        data = read(existing(name))
    return data if image is None else in_size(data, image)


def existing(name: str | Path) -> Path:
    """The place that was named; InputError if nothing is there."""
    place = Path(name).expanduser()
    if str(name) and place.exists():
        return place
    separators = {os.sep, "/", *filter(None, [os.altsep])}
    if str(name) and any(separator in str(name) for separator in separators):
        raise InputError(f"{name} does not exist: give a file or folder with images")
    raise InputError(
        f"unknown dataset {str(name)!r}{nearest(name, DATASETS)}. There are {', '.join(DATASETS)}; "
        "and no file or folder has this name"
    )


def in_size(
    data: Dataset,
    image: int | tuple[int, int],
    channels: int | None = None,
    learnt: dict | None = None,
) -> Dataset:
    """The same set with images resized to (height, width), and grey or coloured as `channels`.

    `learnt`: a model's preprocessing; black and white become what they are there, and of pictures
    the same part is taken, so that somebody else's model sees what it has learnt. Nothing is
    decoded or resized yet.

    Raises InputError for sides or channels that can't be made, or a preprocessing that is none.
    """
    sides = checked_sides(image)
    shape, learnt = data.train.images.shape, learnt or {}
    wanted = (*sides, channels or shape[3])
    if "low" in learnt and "high" in learnt:
        check_levels(learnt["low"], learnt["high"], wanted[2])
    check_words(learnt)
    scale = scale_between(data.preprocessing, learnt)
    taken = {name: learnt[name] for name in TAKEN if name in learnt} if in_files(data) else {}
    if shape[1:] == wanted and scale is None and not taken:
        return data
    train, test = (in_form(split, wanted, scale, taken) for split in (data.train, data.test))
    form = dict(zip(("height", "width", "channels"), wanted, strict=True)) | taken
    if scale is not None:
        form |= {name: learnt[name] for name in ("low", "high")}
    if isinstance(train.images, Resized) and RESIZED_FROM not in data.preprocessing:
        form[RESIZED_FROM] = list(map(int, shape[1:3]))
    return data._replace(preprocessing=data.preprocessing | form, train=train, test=test)


def seen_by(model: Model, data: Dataset, image: int | tuple[int, int]) -> Dataset:
    """The same set as a model takes it: of these sides, in its colours, black and white as there.

    Raises InputError as `in_size` does.
    """
    return in_size(data, image, model.config.channels, model.preprocessing)


def in_files(data: Dataset) -> bool:
    """Whether the images are pictures in files, which can be made into any size."""
    return isinstance(data.train.images, PictureSource)


def in_form(split: Split, wanted: tuple[int, int, int], scale: tuple | None, taken: dict) -> Split:
    """Pictures are made into another size at once; of other images, what is there is resized."""
    images, sides = split.images, wanted[:2]
    if isinstance(images, PictureSource):
        images = images.resized(sides, wanted[2], taken)
        if scale is None:
            return split._replace(images=images)
    return split._replace(images=Resized(images, sides, wanted[2], scale))


def checked_sides(image) -> tuple[int, int]:
    """The sides (height, width) of an image: 48 -> (48, 48); InputError for what can't be."""
    found = sides_of(image)
    if len(found) != 2 or not all(is_whole_number(s) and 1 <= s <= LARGEST_SIDE for s in found):
        raise InputError(
            f"image is {image!r}: expected a whole number from 1 to {LARGEST_SIDE}, or a pair "
            "(height, width) of them"
        )
    return found


def is_own(preprocessing: dict) -> bool:
    """Whether a model was trained on data that lay in no place that could be found again."""
    return preprocessing.get("place") is None and preprocessing.get("dataset") not in DATASETS


def data_of(preprocessing: dict, config: ViTConfig, given: str | Path | None = None) -> Dataset:
    """The data set that a model was trained on, as its `preprocessing` tells, or the `given` one.

    The pictures of a folder become images as the model's configuration asks for; so do others, if
    they were resized for the model, and whatever is given to a model of others.

    Raises InputError when it lies no longer where it was, or never was in a file.
    """
    name, place = preprocessing.get("dataset"), preprocessing.get("place")
    if given is not None:
        data = load_dataset(given)
    elif place is not None and Path(place).exists():
        data = read(place, name if name in KNOWN else None)
    elif name in KNOWN or (place is None and name in HERE):  # it may lie elsewhere today
        data = load_dataset(name)
    elif place is not None:
        raise moved(place, name)
    else:
        raise InputError(
            f"{name!r} is no data set that could be found: hand in the data, in Python"
        )
    if in_files(data) or RESIZED_FROM in preprocessing or name is None:
        return in_size(data, config.image, config.channels, preprocessing)
    return data
