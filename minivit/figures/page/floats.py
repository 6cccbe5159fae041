"""Weights as bytes: all bits of a float32, but its exponent in as few as the model needs.

The 256 exponents of float32 reach from 1e-38 to 1e38, and those of a model's weights are 20 or so:
five bits in place of eight. Nothing is rounded; what is left of a number, its sign and fraction, is
as good as random. The page reads them back (model/floats.js).

    1 byte    the lowest exponent that is not 0
    1 byte    bits of an exponent, k
    3 bytes   for each number: fraction (23 bits, little-endian), then sign
    k bits    for each number: 0 for the exponent 0 (as 0.0 has it), else 1 + exponent - lowest
"""

import numpy as np


def packed_floats(numbers: np.ndarray) -> bytes:
    """float32 (n,) -> bytes."""
    words = numbers.astype("<f4").view("<u4")
    exponents = (words >> 23) & 0xFF
    lowest = int(exponents[exponents > 0].min(initial=255))
    levels = np.where(exponents > 0, exponents + 1 - lowest, 0).astype(np.uint8)
    bits = int(levels.max(initial=0)).bit_length()
    rest = (words & 0x7FFFFF) | (words >> 31 << 23)
    fractions = rest.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3]
    packed = np.packbits(np.unpackbits(levels.reshape(-1, 1), axis=1)[:, 8 - bits :])
    return bytes([lowest, bits]) + fractions.tobytes() + packed.tobytes()
