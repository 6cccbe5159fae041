"""What a model says of its input: how a picture becomes one. Checked before it is used.

A model's `preprocessing` says what input it takes: {"height", "width", "channels"}, the values
"low" of black and "high" of white, and "ink": "bright" for bright strokes on a dark ground, as in
the embedded digits, or "any" for pictures that are taken as they are. Where strokes are bright,
"framing" says how they stand: they "fill" the frame, as the embedded digits do and where nothing is
said, or are put into its "centre" by their mass, as MNIST's. Images that were made larger or
smaller for the model say from which size, "resized_from" (height, width): strokes are drawn in that
size first, and then become as unsharp as what the model has learnt.

Models of others may say more: "low" and "high" as lists, a number for each channel; "resize":
"squash" for a picture that is squeezed to the model's sides, instead of its "middle" part; "crop":
which part of the shorter side that is, 1 where nothing is said; "interpolation": "bilinear", or
"bicubic".
"""

import numbers

import numpy as np
from PIL import Image

from minivit.data.centred_strokes import centre_strokes
from minivit.data.strokes import CELL, frame_strokes
from minivit.errors import InputError
from minivit.fields import is_whole_number
from minivit.models.images import LARGEST_PIXEL

KEYS = ("height", "width", "channels", "low", "high", "ink")
RESIZED_FROM = "resized_from"
TAKEN = ("resize", "crop", "interpolation")  # which part of a picture, and how
INKS = ("bright", "any")
RESIZES = ("middle", "squash")
INTERPOLATIONS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
FRAMINGS = {"fill": frame_strokes, "centre": centre_strokes}
MOST = 1 << 24  # pixels of an input, or of the finer grid that strokes are drawn on


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
    height, width, said = (preprocessing[key] for key in KEYS[:3])
    sizes = [height, width, said]
    if not all(map(is_whole_number, sizes)) or sizes != [*image, channels]:
        raise InputError(
            f"the model takes images of {image[0]}x{image[1]}x{channels}, but makes pictures "
            f"{height!s:.20}x{width!s:.20}x{said!s:.20}: its checkpoint is damaged, choose another"
        )
    if channels not in (1, 3):
        raise InputError(f"the model takes {channels} channels: pictures have 1 or 3")
    check_taken(preprocessing, channels)
    check_drawn(preprocessing, image)


def check_taken(preprocessing: dict, channels: int) -> None:
    """InputError unless it says which part of a picture is taken, and as which numbers."""
    ink = preprocessing["ink"]
    check_levels(preprocessing["low"], preprocessing["high"], channels)
    if ink not in INKS:
        raise InputError(f"the model's ink is {ink!r:.20}: expected {' or '.join(INKS)}")
    check_words(preprocessing)


def check_levels(low, high, channels: int) -> None:
    """InputError unless these are values of black and white pixels."""
    if not all(are_levels(value, channels) for value in (low, high)):
        raise InputError(
            f"the model takes black as {low!r:.20} and white as {high!r:.20}: expected numbers "
            f"from -{LARGEST_PIXEL} to {LARGEST_PIXEL}; choose another checkpoint"
        )
    if np.equal(low, high).any():
        raise InputError(
            f"the model takes black and white as the same, {low!r:.20}: choose another checkpoint"
        )


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


def check_words(preprocessing: dict) -> None:
    """InputError for an unknown word among what may be left out, and for no part of a side."""
    words = {"framing": FRAMINGS, "resize": RESIZES, "interpolation": INTERPOLATIONS}
    for name, allowed in words.items():
        word = preprocessing.get(name, next(iter(allowed)))
        if word not in tuple(allowed):
            raise InputError(f"the model's {name} is {word!r:.20}: expected {' or '.join(allowed)}")
    crop = preprocessing.get("crop", 1)
    if not isinstance(crop, numbers.Real) or not 0.1 <= crop <= 1:
        raise InputError(f"the model's crop is {crop!r:.20}: expected a number from 0.1 to 1")


def is_side(value) -> bool:
    return is_whole_number(value) and value > 0


def are_levels(value, channels: int) -> bool:
    """Whether it is a pixel's value, or one for each channel."""
    if isinstance(value, list):
        return len(value) == channels and all(map(is_level, value))
    return is_level(value)


def is_level(value) -> bool:
    """Whether a pixel may have this value."""
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, bool)
        and abs(value) <= LARGEST_PIXEL
    )
