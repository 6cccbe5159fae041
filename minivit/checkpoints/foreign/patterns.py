"""How one array lies in another, as a pattern: "(y x c) D -> D c y x".

A letter is a size, a number is one too, and letters in brackets are one axis, the last letter the
fastest. On the left
stands our array, on the right theirs. (The notation is that of einops, Rogozhnikov 2022.)
"""

import math
import re

import numpy as np

from minivit.models import ViTConfig


def sizes_of(c: ViTConfig) -> dict[str, int]:
    """What the letters stand for."""
    return {
        "y": c.patch[0],  # sides of a patch
        "x": c.patch[1],
        "c": c.map_channels,  # of what the patches are cut out of
        "D": c.width,
        "T": c.tokens,
        "s": 3,  # queries, keys and values
        "H": c.heads,
        "K": c.heads_width // c.heads,
        "M": c.mlp,
        "R": c.pre_logits or c.width,  # what the head reads
        "C": c.classes,
    }


def axes(side: str) -> list[list[str]]:
    """ "(y x c) D" -> [["y", "x", "c"], ["D"]]; an axis of length 1 has no letter."""
    found = re.findall(r"\(([^)]*)\)|(\S+)", side)
    return [[letter for letter in (a or b).split() if letter != "1"] for a, b in found]


def shape(side: str, sizes: dict[str, int]) -> tuple[int, ...]:
    """The shape that one side of a pattern describes."""
    return tuple(
        math.prod(int(letter) if letter.isdigit() else sizes[letter] for letter in axis)
        for axis in axes(side)
    )


def sides(pattern: str) -> tuple[str, str]:
    """Ours and theirs."""
    ours, _, theirs = pattern.partition(" -> ")
    return ours, theirs


def to_theirs(array: np.ndarray, pattern: str, sizes: dict[str, int]) -> np.ndarray:
    """Our array, arranged as theirs; a view where that is possible."""
    return rearranged(array, *sides(pattern), sizes)


def to_ours(array: np.ndarray, pattern: str, sizes: dict[str, int]) -> np.ndarray:
    """Their array, arranged as ours; a view where that is possible."""
    return rearranged(array, *reversed(sides(pattern)), sizes)


def rearranged(array: np.ndarray, given: str, wanted: str, sizes: dict[str, int]) -> np.ndarray:
    """Split the axes into letters, put these in another order, and join them again."""
    if given == wanted:
        return array
    letters = [letter for axis in axes(given) for letter in axis]
    order = [letters.index(letter) for axis in axes(wanted) for letter in axis]
    parts = array.reshape([sizes[letter] for letter in letters])
    return parts.transpose(order).reshape(shape(wanted, sizes))
