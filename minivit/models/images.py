"""Checks of the images that a model is given, made once, before any op runs."""

import math
import numbers

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import read

LARGEST_PIXEL = 10  # a scaled image lies within a few units of 0; grey levels and bytes do not


def check_images(
    images: np.ndarray, image: tuple[int, int], channels: int, dtype, preprocessing: dict
) -> np.ndarray:
    """Images in `dtype`, for a model of images of `image` (height, width) and `channels`.

    Grey images may come without their last axis. `preprocessing` may tell the model's own range.
    Raises InputError for a wrong shape, a dtype that is not real, and a range that looks wrong.
    """
    images = read("images", images)
    if channels == 1 and images.ndim == 3 and images.shape[1:] == tuple(image):
        images = images[..., None]
    if images.dtype.kind not in "fiub":
        raise InputError(f"images have dtype {images.dtype}: expected real numbers")
    check_shape(images.shape, (*image, channels))
    if images.size:
        check_range(float(images.min()), float(images.max()), pixel_range(preprocessing))
    return images.astype(dtype, copy=False)


def check_shape(shape: tuple[int, ...], wanted: tuple[int, int, int]) -> None:
    """InputError unless the images are (B, height, width, channels) as wanted."""
    if shape[1:] != wanted:
        height, width, channels = wanted
        raise InputError(
            f"images have shape {shape}: this model takes (B, {height}, {width}, {channels}), "
            f"that is (B, height, width, channels){shape_advice(shape, wanted)}"
        )


def shape_advice(shape: tuple[int, ...], wanted: tuple[int, int, int]) -> str:
    """What to do about a usual mistake in the shape; "" for any other."""
    *image, channels = wanted
    if shape == wanted or (channels == 1 and shape == tuple(image)):
        return "; one image is a batch of one: images[None]"
    if shape[1:] == (channels, *image):
        return "; the channels come last: images.transpose(0, 2, 3, 1)"
    return ""


def check_range(low: float, high: float, learned: tuple[float, float] | None) -> None:
    """InputError for pixels from `low` to `high` that look unscaled, with what to do."""
    least, most = sorted(learned or (0, 0))
    if low >= min(-LARGEST_PIXEL, least) and high <= max(LARGEST_PIXEL, most):
        return
    found = f"images have values from {low:g} to {high:g}: "
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"{found}they have NaN or infinity; leave such images out")
    white = next((white for white in (1, 16, 255, 65535) if low >= 0 and high <= white), None)
    if learned is None:
        range_of_levels = "say images / 255 for bytes" if white == 255 else "say [-1, 1] or [0, 1]"
        raise InputError(
            f"{found}they look unscaled; bring them to the range of the images that the model "
            f"is trained on, {range_of_levels}"
        )
    scaled = scaling(white, *learned) if white else "bring yours to that range"
    raise InputError(
        f"{found}they look unscaled, and this model learned pixels from {least:g} to {most:g}; "
        f"{scaled}"
    )


def scaling(white: int, low: float, high: float) -> str:
    """How grey levels from 0 to `white` become pixels from low to high, in Python."""
    factor = f"images * {high - low:g} / {white}" if high - low != 1 else f"images / {white}"
    sign, size = ("+", low) if low > 0 else ("-", -low)
    shift = f" {sign} {size:g}" if low else ""
    return f"levels from 0 to {white} become such by {factor}{shift}"


def pixel_range(preprocessing: dict) -> tuple[float, float] | None:
    """The pixels that black and white became for the model, if that is known."""
    low, high = (listed(preprocessing.get(name)) for name in ("low", "high"))
    known = all(isinstance(n, numbers.Real) and math.isfinite(n) for n in (*low, *high))
    return (min(low), max(high)) if low and high and known else None


def listed(level) -> list:
    """A pixel's value for each channel; one that is the same for all stands alone."""
    return level if isinstance(level, list) else [level]
