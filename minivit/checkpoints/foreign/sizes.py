"""What the shapes of a file's arrays tell of a model, and what they don't."""

import math
import re

from minivit.checkpoints.foreign.arrays import Arrays
from minivit.checkpoints.foreign.beside import CONFIG
from minivit.checkpoints.foreign.patterns import axes
from minivit.errors import InputError
from minivit.models.variants import VARIANTS

SQUARE = "square, as no file tells its sides"  # an assumption, in words

# Of the paper's and DeiT's models: the width tells the number of heads.
HEADS = {c.width: c.heads for name, c in VARIANTS.items() if "/" in name}


def letters(arrays: Arrays, key: str, pattern: str) -> dict[str, int]:
    """The sizes of an array, by letter: "1 T D" of (1, 5, 8) -> {"T": 5, "D": 8}.

    Raises InputError when the array is missing or has another number of axes.
    """
    if key not in arrays:
        raise InputError(f"{key} is missing, which tells the sizes")
    shape, wanted = arrays[key].shape, axes(pattern)
    if len(shape) != len(wanted) or not all(shape) or any(
        size != 1 for size, axis in zip(shape, wanted, strict=True) if not axis
    ):  # fmt: skip
        raise InputError(f"{key} has shape {shape}: expected ({pattern.replace(' ', ', ')})")
    return {axis[0]: size for size, axis in zip(shape, wanted, strict=True) if axis}


def depth_of(arrays: Arrays, block: str) -> int:
    """How many blocks there are; `block` is the beginning of their arrays' names.

    The last one's number tells: where one is missing in between, its arrays will be missed.
    """
    return 1 + max(int(found[1]) for key in arrays if (found := re.match(block, key[:200])))


def classes_of(arrays: Arrays, head: tuple[str, str], pattern: str) -> int:
    """The number of classes, of the head's w or b: where one is missing, it will be missed.

    1 where there is neither: a head of zeros will stand in for it.
    """
    w, b = head
    if w not in arrays and b not in arrays:
        return 1
    return letters(arrays, *((w, pattern) if w in arrays else (b, "C")))["C"]


def settled(name: str, asked, told, teller: str):
    """What `teller` tells of a model, else what the user asks for, else None.

    Raises InputError where the two contradict one another.
    """
    if None not in (asked, told) and asked != told:
        raise InputError(f"{name} is {asked}, and {teller} tells {told}: leave {name} out")
    return asked if told is None else told


def heads_of(width: int, asked: int | None, told: int | None) -> int:
    """The number of heads: what a config.json tells, else what the user asks for, else that of a
    known width. InputError asks for it where nothing tells it.
    """
    heads = settled("heads", asked, told, CONFIG)
    if heads is not None:
        return heads
    if width not in HEADS:
        raise InputError(
            f"the number of attention heads is not in the file, and a width of {width} does not "
            f"tell it (known are {', '.join(map(str, HEADS))}): say it with --heads, or "
            "minivit.load(path, heads=...), or put its config.json beside it"
        )
    return HEADS[width]


def usual_heads(width: int) -> str:
    """An assumption, in words."""
    return f"{HEADS[width]}, as is usual for a width of {width}"


def image_and_cls_row(
    rows: int, patch: tuple[int, int], has_cls: bool, image: tuple[int, int] | None
) -> tuple[tuple[int, int], bool]:
    """The image's sides, and whether the table of positions (rows, D) has a row for cls.

    Patches are a square unless the image is known. There is a row for cls where the file holds a
    cls token and the count asks for it: rows = N + 1. No two squares are neighbours but 0 and 1.

    Raises InputError when the count fits neither with such a row nor without.
    """
    for cls_row in (True, False) if has_cls else (False,):
        patches = rows - cls_row
        if image is not None:
            if not any(side % p for side, p in zip(image, patch, strict=True)) and (
                math.prod(side // p for side, p in zip(image, patch, strict=True)) == patches
            ):
                return image, cls_row
        elif patches and math.isqrt(patches) ** 2 == patches:
            side = math.isqrt(patches)
            return (side * patch[0], side * patch[1]), cls_row
    if image:
        of = f"an image of {image[0]}x{image[1]}, which its config.json tells"
    else:
        of = "a square image, and no config.json beside it tells another"
    raise InputError(
        f"there are {rows} rows of positions{', that of the cls token included' * has_cls}: they "
        f"don't fit the patches ({patch[0]}x{patch[1]}) of {of}"
    )
