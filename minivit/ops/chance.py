"""Chance from a seed: a number depends on the seed and on its position, and on no state.

So the backward draws what the forward drew, both backends draw the same, and the parts of a batch
draw what the whole batch would.

Where each image draws one number, that is SplitMix64 at the image's place in the batch. Where every
value of an image draws one, two keys come from there, and a value's number is its position,
scrambled with them: a few 32-bit operations, of which a register does many at once.

(SplitMix64: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators". The
scrambling of 32 bits is MurmurHash3's, by Appleby, with a key before each multiplication.)
"""

import zlib
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError

GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: steps of this size visit all 2^64 numbers
ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
ROUNDS_32 = ((16, 0x85EBCA6B), (13, 0xC2B2AE35))
BITS = (1 << 64) - 1


class Drop(NamedTuple):
    """What is left out at one place of a training step: images, or single values."""

    rate: float  # the part that is left out, from 0 to below 1
    seed: int  # mixed from run, step, place and purpose
    first_image: int = 0  # where these images begin in the whole batch


class BranchDrop(NamedTuple):
    """What a branch of a block leaves out."""

    inside: Drop | None = None  # of attention's probabilities, or of the MLP's hidden values
    out: Drop | None = None  # of the values that would be added to x
    images: Drop | None = None  # images that skip the branch


ALL_KEPT = BranchDrop()


def mixed(seed: int, *parts: int | str) -> int:
    """A new seed from a seed and from what it is for: mixed(0, 17, "blocks.3.mlp")."""
    for part in parts:
        number = zlib.crc32(part.encode()) if isinstance(part, str) else part
        scrambled = scramble(np.array([(seed + GOLDEN) & BITS], np.uint64))
        seed = int(scrambled[0]) ^ (number & BITS)
    return int(scramble(np.array([seed & BITS], np.uint64))[0])


def uniform(seed: int, positions: np.ndarray) -> np.ndarray:
    """positions (...), whole numbers from 0 -> float64 (...) in [0, 1), uniform and independent."""
    return (drawn(seed, positions) >> np.uint64(11)) * 2.0**-53


def drawn(seed: int, positions: np.ndarray) -> np.ndarray:
    """positions (...), whole numbers from 0 -> uint64 (...), uniform and independent."""
    steps = (positions.astype(np.uint64) + np.uint64(1)) * np.uint64(GOLDEN)
    return scramble(steps + np.array(int(seed) & BITS, np.uint64))


def scramble(numbers: np.ndarray) -> np.ndarray:
    """uint64 (...) -> uint64 (...): every bit of the input moves every bit of the output."""
    for shift, factor in ROUNDS:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


def image_keys(seed: int, images: np.ndarray) -> np.ndarray:
    """images (n,), their numbers in the whole batch -> uint32 (n, 2): two keys for each."""
    numbers = drawn(seed, images)
    return np.stack([numbers >> np.uint64(32), numbers], axis=1).astype(np.uint32)


def drawn_32(keys: np.ndarray, count: int) -> np.ndarray:
    """keys (n, 2) -> uint32 (n, count): a number for each of the first `count` positions."""
    numbers = np.arange(count, dtype=np.uint32)
    for i, (shift, factor) in enumerate(ROUNDS_32):
        numbers = numbers ^ keys[:, i, None]
        numbers = (numbers ^ (numbers >> np.uint32(shift))) * np.uint32(factor)
    return numbers ^ (numbers >> np.uint32(16))


def least_kept(rate: float) -> np.uint32:
    """Of the numbers of `drawn_32`, a part of this rate is smaller."""
    return np.uint32(int(rate * 2**32))


def check_rate(rate: float, of: str) -> None:
    """InputError unless the rate is a number from 0 to below 1."""
    if not 0 <= rate < 1:
        raise InputError(f"the rate of {of} is {rate}: expected a part of 1, from 0 to below 1")
