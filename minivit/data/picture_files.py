"""Picture files as a model's input: read any picture, say what was done to it.

A model's `preprocessing` says what input it takes: {"height", "width", "channels"}, the values
"low" of black and "high" of white, and "ink": "bright" for bright strokes on a dark ground, as in
the embedded digits, or "any" for pictures that are taken as they are. Where strokes are bright,
"framing" says how they stand: they "fill" the frame, as the embedded digits do and where nothing is
said, or are put into its "centre" by their mass, as MNIST's. Images that were made larger or
smaller for the model say from which size, "resized_from" (height, width): strokes are drawn in that
size first, and then become as unsharp as what the model has learnt.
"""

import numbers
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from minivit.data.centred_strokes import centre_strokes
from minivit.data.decoding import NOT_READ, read_picture
from minivit.data.resized import Resized
from minivit.data.strokes import CELL, NothingToRead, frame_strokes
from minivit.errors import InputError
from minivit.fields import is_whole_number
from minivit.models.images import LARGEST_PIXEL

KEYS = ("height", "width", "channels", "low", "high", "ink")
RESIZED_FROM = "resized_from"
INKS = ("bright", "any")
FRAMINGS = {"fill": frame_strokes, "centre": centre_strokes}
MOST = 1 << 24  # pixels of an input, or of the finer grid that strokes are drawn on


class Prepared(NamedTuple):
    image: np.ndarray  # (height, width, channels) float32, scaled
    steps: list[str]  # what was done to the picture, in words


def picture_files(path: str | Path) -> list[Path | OSError]:
    """The file itself, or all pictures of a folder and of the folders in it, by name.

    Hidden files and folders are left out; a folder that can't be read is listed as its error.
    Raises InputError for a folder without pictures. A single file is looked at when it is read.
    """
    if not str(path):  # as a path it would be the current folder
        raise InputError('"" is no name of a picture: give a file or a folder')
    path = Path(path)
    if not path.is_dir():
        return [path]
    known = Image.registered_extensions()
    readable = {end for end, kind in known.items() if kind in Image.OPEN and kind not in NOT_READ}
    found, seen = [], set()
    for folder, folders, names in os.walk(path, onerror=found.append, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:  # a link led back
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files = [Path(folder, name) for name in sorted(names) if not name.startswith(".")]
        found += [file for file in files if file.suffix.lower() in readable and file.is_file()]
    if not found:
        raise InputError(f"{path} holds no pictures: give a folder with PNG or JPEG files")
    return found


def check_preprocessing(preprocessing: dict, image: tuple[int, int], channels: int) -> None:
    """InputError unless `preprocessing` says how a picture becomes an input of the model.

    The model takes images of `image` (height, width) and `channels`.
    """
    missing = [key for key in KEYS if key not in preprocessing]
    if missing:
        raise InputError(
            f"the model does not say how a picture becomes its input ({', '.join(missing)} "
            "missing); give a run that `minivit train` wrote"
        )
    height, width, said, low, high, ink = (preprocessing[key] for key in KEYS)
    sizes = [height, width, said]
    if not all(map(is_whole_number, sizes)) or sizes != [*image, channels]:
        raise InputError(
            f"the model takes images of {image[0]}x{image[1]}x{channels}, but makes pictures "
            f"{height!s:.20}x{width!s:.20}x{said!s:.20}: its checkpoint is damaged, choose another"
        )
    if channels not in (1, 3):
        raise InputError(f"the model takes {channels} channels: pictures have 1 or 3")
    if not all(is_level(value) for value in (low, high)):
        raise InputError(
            f"the model takes black as {low!r:.20} and white as {high!r:.20}: expected numbers "
            f"from -{LARGEST_PIXEL} to {LARGEST_PIXEL}; choose another checkpoint"
        )
    if ink not in INKS:
        raise InputError(f"the model's ink is {ink!r:.20}: expected {' or '.join(INKS)}")
    framing = preprocessing.get("framing", "fill")
    if framing not in tuple(FRAMINGS):
        raise InputError(
            f"the model's framing is {framing!r:.20}: expected {' or '.join(FRAMINGS)}"
        )
    check_drawn(preprocessing, image)


def check_drawn(preprocessing: dict, image: tuple[int, int]) -> None:
    """InputError unless the size that strokes are drawn in is one, and not too large."""
    drawn = preprocessing.get(RESIZED_FROM, image)
    if not isinstance(drawn, list | tuple) or len(drawn) != 2 or not all(map(is_side, drawn)):
        raise InputError(
            f"the model's images were resized from {drawn!r:.20}: expected two sides; choose "
            "another checkpoint"
        )
    for rows, columns in (image, drawn):
        if rows * columns * (CELL**2 if preprocessing["ink"] == "bright" else 1) > MOST:
            raise InputError(f"the model's images of {rows}x{columns} are too large to make")


def is_side(value) -> bool:
    return is_whole_number(value) and value > 0


def is_level(value) -> bool:
    """Whether a pixel may have this value."""
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, bool)
        and abs(value) <= LARGEST_PIXEL
    )


def prepare_picture(
    path: str | Path, preprocessing: dict, content: bytes | None = None
) -> Prepared:
    """Read a picture and make it an input of the model with this (checked) `preprocessing`.

    With `content`, the bytes from a pipe, `path` is only a name for messages. Raises NothingToRead
    for a picture that shows nothing, InputError for what is not a whole picture, and OSError for
    what can't be read.
    """
    height, width, channels, low, high, ink = (preprocessing[key] for key in KEYS)
    strokes = channels == 1 and ink == "bright"
    picture, steps = read_picture(path, content, None if strokes else max(height, width))
    if strokes:
        if picture.mode == "RGB":
            picture = picture.convert("L")
            steps.append("to grey")
        frame = FRAMINGS[preprocessing.get("framing", "fill")]
        drawn = tuple(preprocessing.get(RESIZED_FROM, (height, width)))
        try:
            image, _, framing = frame(picture, *drawn)
        except NothingToRead as error:
            raise NothingToRead(f"{path}: {error}") from None
        steps += framing
        if drawn != (height, width):
            source = Resized(np.asarray(image)[None, :, :, None], (height, width), 1)
            image = source[:][0]
            steps.append(source.remark)
    else:
        if is_plain(picture):
            raise NothingToRead(f"{path}: there is nothing to read: all its pixels are alike")
        image, fitting = fitted(picture, height, width, channels)
        image /= 255
        steps += fitting
    steps.append(f"scaled so that black is {low:g} and white is {high:g}")
    image = (low + (high - low) * image).astype(np.float32)
    return Prepared(image.reshape(height, width, channels), steps)


def fitted(
    picture: Image.Image, height: int, width: int, channels: int
) -> tuple[np.ndarray, list[str]]:
    """The middle part of a picture as levels (height, width, channels) float32, 0 to 255."""
    steps = []
    if channels == 1 and picture.mode == "RGB":
        picture = picture.convert("L")
        steps.append("to grey")
    if channels == 3 and picture.mode != "RGB":
        picture = picture.convert("L").convert("RGB")
        steps.append("grey in three channels")
    image = ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
    steps.append(f"middle part resized to {width}x{height}, not inverted")
    return np.asarray(image, np.float32).reshape(height, width, channels).copy(), steps


def is_plain(picture: Image.Image) -> bool:
    """Whether all pixels are alike."""
    extrema = picture.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(low == high for low, high in bands)
