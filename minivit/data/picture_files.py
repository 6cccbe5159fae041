"""Picture files as a model's input: read any PNG or JPEG, say what was done to it.

Which input a model takes is in its `preprocessing`: {"height", "width", "channels"}, the values
"low" of black and "high" of white, and "ink": "bright" for bright strokes on a dark ground, as in
the embedded digits, or "any" for pictures that are taken as they are.
"""

import logging
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from minivit.data.strokes import frame_strokes
from minivit.errors import InputError

logging.getLogger("PIL").addHandler(logging.NullHandler())  # its remarks are not for our users

KEYS = ("height", "width", "channels", "low", "high", "ink")


class Prepared(NamedTuple):
    image: np.ndarray  # (height, width, channels) float32, scaled
    steps: list[str]  # what was done to the picture, in words


def picture_files(path: str | Path) -> list[Path]:
    """The file itself, or all pictures of a folder by name (hidden files and folders left out).

    Raises InputError for a folder without pictures. A single file is looked at when it is read.
    """
    path = Path(path)
    if not path.is_dir():
        return [path]
    known = Image.registered_extensions()
    files = sorted(
        file
        for file in path.iterdir()
        if known.get(file.suffix.lower()) in Image.OPEN
        and not file.name.startswith(".")
        and file.is_file()
    )
    if not files:
        raise InputError(f"{path} holds no pictures: give a folder with PNG or JPEG files")
    return files


def check_preprocessing(preprocessing: dict) -> None:
    """InputError unless it says how a picture becomes an input."""
    missing = [key for key in KEYS if key not in preprocessing]
    if missing:
        raise InputError(
            f"the model does not say how a picture becomes its input ({', '.join(missing)} "
            "missing); give a run that `minivit train` wrote"
        )
    if preprocessing["channels"] not in (1, 3):
        raise InputError(
            f"the model takes {preprocessing['channels']} channels: pictures have 1 or 3"
        )


def prepare_picture(path: str | Path, preprocessing: dict) -> Prepared:
    """Read a picture and make it an input of the model with this (checked) `preprocessing`.

    Raises InputError for what is not a whole picture, and OSError for what can't be read.
    """
    picture, steps = read_picture(path)
    height, width, channels, low, high, ink = (preprocessing[key] for key in KEYS)
    if channels == 1 and picture.mode == "RGB":
        picture = picture.convert("L")
        steps.append("to grey")
    if channels == 3 and picture.mode != "RGB":
        picture = picture.convert("L").convert("RGB")
        steps.append("grey in three channels")
    if channels == 1 and ink == "bright":
        image, _, framing = frame_strokes(picture, height, width)
        steps += framing
    else:
        fitted = ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
        image = np.asarray(fitted, np.float32) / 255
        steps.append(f"middle part resized to {width}x{height}, not inverted")
    steps.append(f"scaled so that black is {low:g} and white is {high:g}")
    image = (low + (high - low) * image).astype(np.float32)
    return Prepared(image.reshape(height, width, channels), steps)


def read_picture(path: str | Path) -> tuple[Image.Image, list[str]]:
    """A picture of mode "L", "RGB" or "F" with values from 0 to 255, and what was done to it.

    Raises as `prepare_picture` does.
    """
    path = Path(path)
    if not path.is_file():
        state = "is not a file" if path.exists() else "does not exist"
        raise FileNotFoundError(f"{path} {state}: give a picture, e.g. a PNG or JPEG file")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty (0 bytes): choose another picture")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as picture:
                return decode(picture)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise InputError(
                f"{path} unpacks to more than {Image.MAX_IMAGE_PIXELS:,} pixels: make it smaller"
            ) from error
        except UnidentifiedImageError as error:
            raise InputError(
                f"{path} is not a picture of a known kind: give e.g. a PNG or JPEG file"
            ) from error
        except Exception as error:  # a decoder raises whatever its format's parser stumbles on
            if isinstance(error, MemoryError) or getattr(error, "errno", None) is not None:
                raise
            raise InputError(
                f"{path} can't be read as a picture, it is damaged or truncated ({error}); "
                "choose another one or save it anew as PNG"
            ) from error


def decode(picture: Image.Image) -> tuple[Image.Image, list[str]]:
    """Any picture of Pillow's as "L", "RGB" or "F" (0 to 255), upright, without
    transparency."""
    width, height = picture.size
    steps = [f"{width}x{height} pixels, mode {picture.mode}"]
    if getattr(picture, "is_animated", False):
        steps.append(f"first of {picture.n_frames} frames")
    picture.load()
    if picture.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
        picture = ImageOps.exif_transpose(picture)
        steps.append("turned upright by its EXIF data")
    mode = picture.mode
    if mode.startswith(("I", "F")):
        levels, remark = deep_levels(np.asarray(picture), mode)
        return Image.fromarray(levels), [*steps, remark]
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        picture, ground = on_ground(picture)
        return picture, [*steps, f"laid on {ground}"]
    return picture.convert("L" if mode in ("1", "L") else "RGB"), steps


def deep_levels(levels: np.ndarray, mode: str) -> tuple[np.ndarray, str]:
    """Grey levels of 16 or 32 bits as float32 from 0 to 255, and which range was assumed."""
    if not np.isfinite(levels).all():
        raise ValueError("it holds NaN or infinity")
    highest = float(levels.max())
    if mode == "F":
        white = next((white for white in (1.0, 255.0, 65535.0) if highest <= white), highest)
    else:
        white = 65535.0 if highest <= 65535 else highest
    scaled = np.clip(levels.astype(np.float32) * (255 / white), 0, 255)
    return scaled, f"deep grey levels, 0 black to {white:g} white"


def on_ground(picture: Image.Image) -> tuple[Image.Image, str]:
    """A picture with transparency, laid on white, or on black if all that shows is white: "RGB"."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    picture = picture.convert("RGBA")
    for ground in ("white", "black"):
        laid = Image.alpha_composite(Image.new("RGBA", picture.size, ground), picture)
        laid = laid.convert("RGB")
        if laid.convert("L").getextrema()[0] < 255:
            break
    return laid, ground
