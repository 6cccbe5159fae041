"""Decoding: any picture that Pillow reads, as grey or coloured levels, and what was done to it.

A picture may be damaged, or made by somebody who means harm: no more memory is taken than MOST
pixels need, no other program is started, and a decoder's failure becomes an InputError.
"""

import io
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from minivit.errors import InputError

logging.getLogger("PIL").addHandler(logging.NullHandler())  # its remarks are not for our users

MOST = 50_000_000  # pixels: up to 17 bytes each while they are unpacked
MOST_DEEP = 1 << 25  # pixels of more than 8 bits: 16 bytes each
LONGEST = 1 << 28  # bytes of a picture that comes through a pipe
DEPTHS = (1, 8, 10, 12, 14, 16)  # bits of a grey level; cameras and scanners have 10, 12 or 14
# Formats that Pillow only opens, or unpacks by starting another program (EPS: Ghostscript).
NOT_READ = ("BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF")


class TooLarge(Exception):
    """A picture with too many pixels to unpack; `deep`: its pixels have more than 8 bits."""

    def __init__(self, deep: bool):
        self.deep = deep


class Silence:
    """Pillow's warnings are silenced while anybody is within `without_warnings`.

    The filters of warnings belong to the whole process: the first thread that comes sets them, the
    last one that leaves sets them back.
    """

    lock, inside, caught = threading.Lock(), 0, None


@contextmanager
def without_warnings() -> Iterator[None]:
    """No warning is shown; that of a picture with too many pixels is raised as an error."""
    with Silence.lock:
        if not Silence.inside:
            Silence.caught = warnings.catch_warnings()
            Silence.caught.__enter__()
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
        Silence.inside += 1
    try:
        yield
    finally:
        with Silence.lock:
            Silence.inside -= 1
            if not Silence.inside:
                Silence.caught.__exit__(None, None, None)


def read_picture(
    path: str | Path, content: bytes | None = None, least: int | None = None
) -> tuple[Image.Image, list[str]]:
    """A picture of mode "L", "RGB" or "F" with values from 0 to 255, and what was done to it.

    With `content`, the bytes from a pipe, `path` is only a name for messages. With `least`, a
    photograph that is much larger may be read as a smaller one, of twice so many pixels along a
    side or more: a JPEG's decoder can leave out what would be averaged away, which is far faster.
    Raises InputError for what is not a whole picture, and OSError for what can't be read.
    """
    if content is None and not Path(path).is_file():
        content = from_pipe(Path(path))
    size = Path(path).stat().st_size if content is None else len(content)
    if not size:
        raise InputError(f"{path} is empty (0 bytes): choose another picture")
    with without_warnings():
        try:
            with Image.open(path if content is None else io.BytesIO(content)) as picture:
                return decode(picture, least)
        except (TooLarge, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            most = MOST_DEEP if isinstance(error, TooLarge) and error.deep else MOST
            raise InputError(
                f"{path} unpacks to more than {most:,} pixels: make it smaller"
            ) from error
        except UnidentifiedImageError as error:
            raise InputError(
                f"{path} is not a picture of a known kind: give e.g. a PNG or JPEG file"
            ) from error
        except MemoryError as error:
            raise InputError(f"{path} needs more memory than there is: make it smaller") from error
        except Exception as error:  # a decoder raises whatever its format's parser stumbles on
            if getattr(error, "errno", None) is not None:
                raise
            raise InputError(
                f"{path} can't be read as a picture, it is damaged or truncated ({error}); "
                "choose another one or save it anew as PNG"
            ) from error


def from_pipe(path: Path) -> bytes:
    """All bytes of a pipe; FileNotFoundError for a folder, and for a path that does not exist."""
    if path.is_dir() or not path.exists():
        state = "is a folder" if path.exists() else "does not exist"
        raise FileNotFoundError(f"{path} {state}: give a picture, e.g. a PNG or JPEG file")
    with open(path, "rb") as file:
        return all_of(file, path)


def all_of(file: BinaryIO, name: str | Path) -> bytes:
    """The bytes of a pipe; InputError for more than LONGEST."""
    content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise InputError(f"{name} has more than {LONGEST:,} bytes: give a picture")
    return content


def decode(picture: Image.Image, least: int | None = None) -> tuple[Image.Image, list[str]]:
    """Any picture as "L", "RGB" or "F" (0 to 255), upright and opaque, and what was done to it."""
    if picture.format in NOT_READ:
        raise UnidentifiedImageError
    check_size(picture)
    width, height = picture.size
    steps = [f"{width}x{height} pixels, mode {picture.mode}"]
    if getattr(picture, "is_animated", False):
        steps.append("first of several frames")  # to count them, all would be unpacked
    if least is not None:
        picture.draft(None, (2 * least, 2 * least))  # only a JPEG's decoder does anything here
    picture.load()
    check_size(picture)  # some formats know their size only now
    if picture.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
        picture = ImageOps.exif_transpose(picture)
        steps.append("turned upright by its EXIF data")
    mode = picture.mode
    if is_deep(picture):
        levels, remark = deep_levels(np.asarray(picture), mode)
        return Image.fromarray(levels), [*steps, remark]
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        picture, ground = on_ground(picture)
        return picture, [*steps, f"laid on {ground}"]
    return picture.convert("L" if mode in ("1", "L") else "RGB"), steps


def check_size(picture: Image.Image) -> None:
    """TooLarge for a picture that would fill the memory of a small machine."""
    deep = is_deep(picture)
    if picture.width * picture.height > (MOST_DEEP if deep else MOST):
        raise TooLarge(deep)


def is_deep(picture: Image.Image) -> bool:
    """Whether it has grey levels of more than 8 bits."""
    return picture.mode.startswith(("I", "F"))


def deep_levels(levels: np.ndarray, mode: str) -> tuple[np.ndarray, str]:
    """Grey levels of 16 or 32 bits as float32 from 0 to 255, and which range was assumed."""
    if not np.isfinite(levels).all():
        raise ValueError("it holds NaN or infinity")
    highest = float(levels.max())
    if mode == "F":
        white = next((white for white in (1.0, 255.0, 65535.0) if highest <= white), highest)
    else:
        whites = (float((1 << depth) - 1) for depth in DEPTHS)
        white = next((white for white in whites if highest <= white), highest)
    scaled = levels.astype(np.float32)
    scaled *= 255 / white
    return np.clip(scaled, 0, 255, out=scaled), f"deep grey levels, 0 black to {white:g} white"


def on_ground(picture: Image.Image) -> tuple[Image.Image, str]:
    """A picture with transparency, laid on white, or on black if all that shows is white: "RGB"."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    if picture.mode != "RGBA":
        picture = picture.convert("RGBA")
    alpha = picture.getchannel("A")
    for ground in ("white", "black"):
        laid = Image.new("RGB", picture.size, ground)
        laid.paste(picture, mask=alpha)
        if laid.convert("L").getextrema()[0] < 255:
            break
    return laid, ground
