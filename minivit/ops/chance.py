"""Chance from a seed: a number depends on the seed and on its position, and on no state.

So the backward draws what the forward drew, both backends draw the same, and the parts of a batch
draw what the whole batch would.

(SplitMix64: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".)
"""

import zlib

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: steps of this size visit all 2^64 numbers
ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
BITS = (1 << 64) - 1


def mixed(seed: int, *parts: int | str) -> int:
    """A new seed from a seed and from what it is for: mixed(0, 17, "blocks.3.mlp")."""
    for part in parts:
        number = zlib.crc32(part.encode()) if isinstance(part, str) else part
        scrambled = scramble(np.array([(seed + GOLDEN) & BITS], np.uint64))
        seed = int(scrambled[0]) ^ (number & BITS)
    return int(scramble(np.array([seed & BITS], np.uint64))[0])


def uniform(seed: int, positions: np.ndarray) -> np.ndarray:
    """positions (...), whole numbers from 0 -> float64 (...) in [0, 1), uniform and independent."""
    steps = (positions.astype(np.uint64) + np.uint64(1)) * np.uint64(GOLDEN)
    numbers = scramble(steps + np.array(seed & BITS, np.uint64))
    return (numbers >> np.uint64(11)) * 2.0**-53


def scramble(numbers: np.ndarray) -> np.ndarray:
    """uint64 (...) -> uint64 (...): every bit of the input moves every bit of the output."""
    for shift, factor in ROUNDS:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))
