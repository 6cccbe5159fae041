"""What a training learns: the data set, by name or place, and a model that suits it."""

import argparse
import dataclasses

from minivit.cli.arguments import add_data
from minivit.cli.configuration import pair

LARGEST_SIDE = 1024  # pixels that a picture is resized to, at most


def add_what(parser: argparse.ArgumentParser) -> None:
    """--data NAME|PATH and --image N."""
    from minivit.data import DATASETS

    what = parser.add_argument_group("what to learn")
    add_data(
        what,
        f"a name ({', '.join(DATASETS)}; `minivit data` says where they are looked for), or a path:"
        " a folder with a folder of pictures per class, IDX files, CIFAR's batches or an .npz file;"
        " with --resume: where the data lie now (default: digits)",
    )
    what.add_argument(
        "--image", type=sides, default=argparse.SUPPRESS, metavar="N",
        help="sides that the pictures of a folder are resized to, 48 or 48x64 (height x width) "
        "(default: their own if all have the same, up to 64; else 64)",
    )  # fmt: skip


def model_for(data, changes: dict):
    """A small model for a data set: the digits' own, or one with about 8x8 patches."""
    from minivit.models import variant

    if data.name == "digits" and data.preprocessing.get("place") is None:
        return variant("digits", **changes)
    _, *image, channels = data.train.images.shape
    patch = tuple(map(patch_side, image))
    form = {"image": tuple(image), "channels": channels, "classes": len(data.class_names)}
    form |= {"patch": patch, "depth": 6, "name": ""}
    return dataclasses.replace(variant("digits"), **{**form, **changes})


def patch_side(side: int) -> int:
    """The smallest divisor of an image's side, but 1, that leaves at most 8 patches along it."""
    return next(p for p in range(min(2, side), side + 1) if side % p == 0 and side // p <= 8)


def sides(text: str) -> tuple[int, int]:
    """An argument type: the sides of an image, "48" or "48x64"."""
    try:
        found = pair(text)
    except ValueError:
        found = (0, 0)
    if not all(1 <= side <= LARGEST_SIDE for side in found):
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected a whole number from 1 to {LARGEST_SIDE}, or two such as 48x64"
        )
    return found
