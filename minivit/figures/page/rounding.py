"""Weights rounded, so that a page has room for the same model at many moments of its training.

    float16   every number to half precision
    int8      each column of a matrix to whole multiples of a scale:   w = q scale,  |q| <= 127
              a vector keeps float32

A page only decodes what is written here (inspection/snapshots.js), to the same float64.
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.models import ViT

KINDS = ("float16", "int8")  # the finest first
LARGEST = float(np.finfo(np.float16).max)
LEVELS = 127


class Rounded(NamedTuple):
    """An array in bytes, little-endian, and the numbers (float64) that these stand for."""

    content: bytes
    numbers: np.ndarray


def rounded_model(model: ViT, kind: str) -> tuple[bytes, ViT]:
    """All weights in bytes, in the order of the layout, and the float64 model that these make."""
    made = ViT(model.config, seed=None, dtype=np.float64)
    content = b""
    for name in model.layout.shapes:
        one = rounded(model.parameters[name], kind)
        content += one.content
        made.parameters[name] = one.numbers
    return content, made


def rounded(array: np.ndarray, kind: str) -> Rounded:
    """An array, rounded; as float16 its numbers are at most LARGEST."""
    if kind == "float16" or array.ndim < 2:
        near = array.astype("<f2" if kind == "float16" else "<f4")
        return Rounded(near.tobytes(), near.astype(np.float64))
    columns = array.reshape(-1, array.shape[-1]).astype(np.float64)
    scale = (np.abs(columns).max(axis=0) / LEVELS).astype("<f4")
    steps = columns / np.where(scale > 0, scale, 1).astype(np.float64)
    q = np.rint(steps).clip(-LEVELS, LEVELS).astype(np.int8)
    numbers = (q * scale.astype(np.float64)).reshape(array.shape)
    return Rounded(scale.tobytes() + q.tobytes(), numbers)


def rounded_bytes(shapes: dict[str, tuple[int, ...]], kind: str) -> int:
    """How many bytes `rounded_model` makes of arrays of these shapes."""
    if kind == "float16":
        return 2 * sum(map(math.prod, shapes.values()))
    return sum(
        math.prod(shape) + 4 * shape[-1] if len(shape) > 1 else 4 * math.prod(shape)
        for shape in shapes.values()
    )
