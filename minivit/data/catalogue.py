"""All data sets: by a name, or by the place where one lies."""

import os
from functools import partial
from pathlib import Path

from minivit.data.dataset import Dataset
from minivit.data.digits import load_digits
from minivit.data.fashion_small import load_fashion_small
from minivit.data.finding import find, moved
from minivit.data.known import KNOWN, WITHOUT_FILES
from minivit.data.picture_source import PictureSource
from minivit.data.readers import read
from minivit.data.shapes import load_shapes
from minivit.errors import InputError
from minivit.fields import is_whole_number, sides
from minivit.models import ViTConfig
from minivit.nearest import nearest

LOADERS = load_digits, load_fashion_small, load_shapes, partial(load_shapes, by="colour")
HERE = dict(zip(WITHOUT_FILES, LOADERS, strict=True))
DATASETS = (*HERE, *KNOWN)
LARGEST_SIDE = 1024  # pixels that a picture is resized to, at most


def load_dataset(name: str | Path, *, image: int | tuple[int, int] | None = None) -> Dataset:
    """A data set by its name, e.g. "digits" or "mnist", or by the file or folder it lies in.

    `image` are the sides (height, width) that pictures of a folder are resized to. A name goes
    before a file of that name: "./digits" is the file.

    Raises InputError for an unknown name, for what is no data set, and for `image` where images
    have a size already.
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


def in_size(data: Dataset, image: int | tuple[int, int], channels: int | None = None) -> Dataset:
    """The same set with pictures resized to (height, width), and grey or coloured as `channels`.

    Nothing is decoded. Raises InputError for sides that can't be, and where images have another
    size, and are no picture files.
    """
    height, width = checked_sides(image)
    shape = data.train.images.shape
    wanted = (height, width, channels or shape[3])
    if shape[1:] == wanted:
        return data
    if not isinstance(data.train.images, PictureSource):
        raise InputError(
            f"{data.name} has images of {shape[1]}x{shape[2]} pixels: only the pictures of a "
            f"folder per class can be resized, so they can't be {height}x{width}"
        )
    train, test = (
        split._replace(images=split.images.resized((height, width), wanted[2]))
        for split in (data.train, data.test)
    )
    form = dict(zip(("height", "width", "channels"), wanted, strict=True))
    preprocessing = data.preprocessing | form
    return data._replace(preprocessing=preprocessing, train=train, test=test)


def checked_sides(image) -> tuple[int, int]:
    """The sides (height, width) of an image: 48 -> (48, 48); InputError for what can't be."""
    found = sides(image)
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

    The pictures of a folder become images as the model's configuration asks for.

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
    if isinstance(data.train.images, PictureSource):
        return in_size(data, config.image, config.channels)
    return data
