"""Picture files as a model's input: read any picture, say what was done to it.

A model's `preprocessing` (preprocessing.py) says what input it takes.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from minivit.data.decoding import NOT_READ, read_picture
from minivit.data.preprocessing import FRAMINGS, INTERPOLATIONS, KEYS, RESIZED_FROM
from minivit.data.resized import Resized
from minivit.data.strokes import NothingToRead
from minivit.errors import InputError


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


def prepare_picture(
    path: str | Path, preprocessing: dict, content: bytes | None = None
) -> Prepared:
    """Read a picture and make it an input of the model with this (checked) `preprocessing`.

    With `content`, the bytes from a pipe, `path` is only a name for messages. Raises NothingToRead
    for a picture that shows nothing, InputError for what is not a whole picture, and OSError for
    what can't be read.
    """
    height, width, channels, low, high, ink = (preprocessing[key] for key in KEYS)
    strokes = ink == "bright"
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
        image = np.asarray(image)
        if drawn != (height, width):
            source = Resized(image[None, :, :, None], (height, width), 1)
            image = source[:][0]
            steps.append(source.remark)
        image = np.broadcast_to(image.reshape(height, width, 1), (height, width, channels))
    else:
        if is_plain(picture):
            raise NothingToRead(f"{path}: there is nothing to read: all its pixels are alike")
        image, fitting = fitted(picture, height, width, channels, preprocessing)
        image /= 255
        steps += fitting
    steps.append(f"scaled so that black is {level(low)} and white is {level(high)}")
    low, high = (np.float32(v) if isinstance(v, list) else v for v in (low, high))
    image = (low + (high - low) * image).astype(np.float32)
    return Prepared(image.reshape(height, width, channels), steps)


def level(value) -> str:
    """A pixel's value in words: -1, or one for each channel."""
    return f"{value:g}" if not isinstance(value, list) else "/".join(f"{v:.3g}" for v in value)


def fitted(
    picture: Image.Image, height: int, width: int, channels: int, preprocessing: dict | None = None
) -> tuple[np.ndarray, list[str]]:
    """The middle part of a picture as levels (height, width, channels) float32, 0 to 255.

    `preprocessing` may ask for the whole picture, squashed, or a smaller part.
    """
    steps, asked = [], preprocessing or {}
    if channels == 1 and picture.mode == "RGB":
        picture = picture.convert("L")
        steps.append("to grey")
    if channels == 3 and picture.mode != "RGB":
        picture = picture.convert("L").convert("RGB")
        steps.append("grey in three channels")
    how = INTERPOLATIONS[asked.get("interpolation", "bilinear")]
    crop = asked.get("crop", 1)
    if asked.get("resize") == "squash":
        left, top = ((1 - crop) / 2 * side for side in picture.size)
        box = (left, top, picture.width - left, picture.height - top)
        picture = picture.resize((width, height), how, box)
        step = "squashed" if crop == 1 else f"middle {crop:.0%} squashed"
    else:
        picture = ImageOps.fit(picture, (width, height), how, bleed=(1 - crop) / 2)
        step = "middle part resized" if crop == 1 else f"middle {crop:.0%} resized"
    steps.append(f"{step} to {width}x{height}, not inverted")
    return np.asarray(picture, np.float32).reshape(height, width, channels).copy(), steps


def is_plain(picture: Image.Image) -> bool:
    """Whether all pixels are alike."""
    extrema = picture.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(low == high for low, high in bands)
