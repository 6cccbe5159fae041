"""How a picture becomes an input: in their words and in ours (minivit/data/preprocessing.py).

Theirs are the mean and the spread of the pixels from 0 to 1, which are subtracted and divided by;
ours are the values of black and white: low = -mean / std and high = (1 - mean) / std.
"""

from collections.abc import Mapping

from minivit.checkpoints.foreign.beside import (
    CONFIG,
    PREPROCESSOR,
    check_told,
    flag,
    number,
    numbers,
)
from minivit.data.preprocessing import check_levels
from minivit.errors import InputError
from minivit.fields import is_whole_number

HALF = [0.5, 0.5, 0.5]  # mean and std of Google's models: -1 is black and 1 is white
# Google's code and Hugging Face's squash a picture to the model's sides.
SQUASHED = {"low": -1.0, "high": 1.0, "ink": "any", "resize": "squash"}
RESAMPLES = {2: "bilinear", 3: "bicubic"}  # Pillow's numbers, and our words
INTERPOLATIONS = {"bicubic": "bicubic", "bilinear": "bilinear"}  # timm's words, and ours
CROP_MODES = {"center": "middle", "squash": "squash"}
USUAL = "the usual ones of this layout, as no file tells them"  # an assumption, in words
TIMM_CROP = 0.9  # timm's default: this part of the shorter side


def levels(mean: list[float], std: list[float], about: str, white: float = 1) -> dict:
    """The values of black and white; one number where all channels have the same.

    `white`: its value before the mean is subtracted; black is 0.
    """
    if len(mean) != len(std) or min(std) <= 0:
        raise InputError(
            f"{about} has the mean {mean} and the spread {std}: they don't go together"
        )
    low = [0.0 - m / s for m, s in zip(mean, std, strict=True)]
    high = [(white - m) / s for m, s in zip(mean, std, strict=True)]
    if len(set(low)) == len(set(high)) == 1:
        return {"low": low[0], "high": high[0]}
    return {"low": low, "high": high}


def mean_and_std(preprocessing: dict, channels: int) -> tuple[list[float], list[float]]:
    """The inverse of `levels`, a number for each channel. Raises InputError for no such values."""
    low, high = (preprocessing.get(name, usual) for name, usual in (("low", -1.0), ("high", 1.0)))
    check_levels(low, high, channels)
    low, high = (v if isinstance(v, list) else [v] * channels for v in (low, high))
    std = [1 / (h - g) for g, h in zip(low, high, strict=True)]
    return [-g * s for g, s in zip(low, std, strict=True)], std


def from_timm(use: dict) -> dict:
    """From timm's pretrained_cfg: a middle part of the picture, smaller than its shorter side."""
    about = CONFIG
    mean, std = (numbers(use, name, about) or HALF for name in ("mean", "std"))
    crop = number(use, "crop_pct", about)
    return levels(mean, std, about) | {
        "ink": "any", "crop": TIMM_CROP if crop is None else min(crop, 1.0),
        "resize": ours(use, "crop_mode", "center", CROP_MODES, about),
        "interpolation": ours(use, "interpolation", "bicubic", INTERPOLATIONS, about),
    }  # fmt: skip


def ours(use: dict, name: str, usual, words: Mapping, about: str) -> str:
    """Our word for theirs, or for what is usual; InputError for one that we have no word for."""
    theirs = use.get(name)
    theirs = usual if theirs is None else theirs
    if theirs not in tuple(words):
        raise InputError(f"{about} has {name!r} as {theirs!r:.40}: minivit takes pictures by "
                         f"{' and '.join(map(str, words))}")  # fmt: skip
    return words[theirs]


def from_huggingface(use: dict, image: tuple[int, int]) -> dict:
    """From a preprocessor_config.json, which must make pictures of the model's sides."""
    about = PREPROCESSOR
    mean, std = (numbers(use, name, about) or HALF for name in ("image_mean", "image_std"))
    if not flag(use, "do_normalize", True, about):
        mean, std = [0.0], [1.0]
    factor = number(use, "rescale_factor", about)
    factor = 1 / 255 if factor is None else factor
    white = 255 * (factor if flag(use, "do_rescale", True, about) else 1)
    interpolation = ours(use, "resample", 2, RESAMPLES, about)
    found = SQUASHED | levels(mean, std, about, white) | {"interpolation": interpolation}
    if not flag(use, "do_resize", True, about):
        raise InputError(f"{about} has 'do_resize' as false: minivit resizes every picture")
    size, is_cut = use.get("size"), flag(use, "do_center_crop", False, about)
    check_told({"size": told_sides(use.get("crop_size") if is_cut else size, about)},
               {"size": image}, about)  # fmt: skip
    if isinstance(size, dict) and "shortest_edge" in size:
        found["resize"] = "middle"
    if is_cut:  # DeiT's: 224 out of 256
        outer, inner = (side(value, about) for value in (size, use.get("crop_size")))
        found["crop"] = min(inner / outer, 1.0)
    return found


def told_sides(size, about: str) -> int | list | None:
    """The sides in 224, {"height": 224, "width": 224} or {"shortest_edge": 224}."""
    if not isinstance(size, dict):
        return size
    if {"height", "width"} <= set(size):
        return [size["height"], size["width"]]
    if "shortest_edge" not in size:
        raise InputError(
            f"{about} has the size {str(size)!r:.60}: minivit reads height and width, or "
            "shortest_edge"
        )
    return size["shortest_edge"]


def side(size, about: str) -> int:
    """The height of 256, {"height": 256, "width": 256} or {"shortest_edge": 256}."""
    if isinstance(size, dict):
        size = size.get("height", size.get("shortest_edge"))
    if not is_whole_number(size) or size < 1:
        raise InputError(f"{about} cuts out a middle part of no size: mend it, or remove it")
    return size
