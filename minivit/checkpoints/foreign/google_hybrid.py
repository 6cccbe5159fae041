"""The backbone in Google's layout of a hybrid, in front of what google.py tells.

    conv_root/kernel, gn_root/scale, block1/unit1/conv1/kernel, .../gn1/scale, .../conv_proj/kernel

Kernels lie as ours, (rows, columns, in, out). On disk the old Flax gave the arrays of GroupNorm
three axes of length 1 in front.
"""

import re
from collections.abc import Iterator

import numpy as np

from minivit.checkpoints.foreign.arrays import Arrays, Made
from minivit.checkpoints.foreign.sizes import letters
from minivit.checkpoints.foreign.table import Row
from minivit.errors import InputError
from minivit.models import ViTConfig
from minivit.models.backbone import Convolution, root, stages

ROOT = "conv_root/kernel"
UNIT = re.compile(r"block(\d{1,3})/unit(\d{1,3})/")
NORM = re.compile(r"(?:.*/)?gn(?:_root|_proj|\d)/(?:scale|bias)")


def backbone_rows(c: ViTConfig) -> Iterator[Row]:
    """A row for each of its arrays; none without a root."""
    if c.root is None:
        return
    yield from convolution_rows(root(c), "conv_root", "gn_root")
    for s, row in enumerate(stages(c), 1):
        for u, unit in enumerate(row, 1):
            path = f"block{s}/unit{u}"
            for i, convolution in enumerate(unit.row, 1):
                yield from convolution_rows(convolution, f"{path}/conv{i}", f"{path}/gn{i}")
            if unit.shortcut is not None:
                yield from convolution_rows(unit.shortcut, f"{path}/conv_proj", f"{path}/gn_proj")


def convolution_rows(convolution: Convolution, kernel: str, norm: str) -> Iterator[Row]:
    """The rows of a convolution and of the norm behind it."""
    side, (channels, out) = convolution.side, convolution.channels
    yield Row(f"{convolution.filters}.w", f"{kernel}/kernel", as_ours(side, side, channels, out))
    yield Row(f"{convolution.norm}.gamma", f"{norm}/scale", as_ours(out))
    yield Row(f"{convolution.norm}.beta", f"{norm}/bias", as_ours(out))


def as_ours(*shape: int) -> str:
    """The pattern of an array that lies in both layouts alike."""
    side = " ".join(map(str, shape))
    return f"{side} -> {side}"


def flat_norms(arrays: Arrays) -> Arrays:
    """The arrays, where GroupNorm's have one axis."""
    return {key: flat(array) if is_deep(key, array) else array for key, array in arrays.items()}


def is_deep(key: str, array) -> bool:
    """Whether it is one of GroupNorm's, with three axes of length 1 in front."""
    return NORM.fullmatch(key) is not None and tuple(array.shape[:-1]) == (1, 1, 1)


def flat(array) -> Made | np.ndarray:
    """An array without the axes in front."""
    return Made(array.shape[-1:], array.dtype, lambda: np.asarray(array).reshape(-1))


def backbone_of(arrays: Arrays) -> dict:
    """The fields of a ViTConfig that the shapes of a backbone's arrays tell; {} without a root."""
    if ROOT not in arrays:
        return {}
    n = letters(arrays, ROOT, "y x c F")
    if n["y"] != n["x"]:
        raise InputError(f"{ROOT} has windows of {n['y']}x{n['x']}: expected a square")
    units: dict[int, int] = {}
    for key in arrays:
        if found := UNIT.match(key[:200]):
            s, u = map(int, found.groups())
            units[s] = max(units.get(s, 0), u)
    counts = tuple(units.get(s, 0) for s in range(1, max(units, default=0) + 1))
    return {"channels": n["c"], "root": n["F"], "root_side": n["y"], "stages": counts or None}


def pixels_of_a_place(backbone: dict) -> int:
    """How many pixels of the image a place of the map stands for along a side."""
    halvings = 2 + max(len(backbone["stages"] or ()) - 1, 0)  # the root's stride, its pooling, ...
    return 2**halvings
