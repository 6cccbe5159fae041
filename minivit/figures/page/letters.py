"""Bytes as letters that may stand in a script's element: 1.23 a byte, where base64 takes 1.33.

The letters are those of ASCII from # to ~ without <, so that none can end the element. These are
91, so two of them have 8281 values, a few more than 13 bits. The last bits, if they are six at
most, stand in one letter. The page reads them back (model/letters.js).
"""

import numpy as np

LETTERS = np.array([code for code in range(ord("#"), ord("~") + 1) if code != ord("<")], np.uint8)
BITS, LAST = 13, 6  # of two letters; of one
AT_ONCE = BITS << 16  # bytes, of which whole pairs are made: it keeps the memory small


def in_letters(content: bytes) -> str:
    """Bytes as letters."""
    parts = range(0, len(content), AT_ONCE)
    return "".join(part_in_letters(content[at : at + AT_ONCE]) for at in parts)


def part_in_letters(content: bytes) -> str:
    bits = np.unpackbits(np.frombuffer(content, np.uint8))
    rest = len(bits) % BITS
    padded = np.pad(bits, (0, -len(bits) % BITS)).reshape(-1, BITS)
    numbers = padded @ (1 << np.arange(BITS)[::-1]).astype(np.uint16)
    pairs = LETTERS[np.stack(np.divmod(numbers, len(LETTERS)), axis=-1)].tobytes().decode("ascii")
    if not 0 < rest <= LAST:
        return pairs
    return pairs[:-2] + chr(LETTERS[numbers[-1] >> (BITS - LAST)])


def letters_for(count: int) -> int:
    """How many letters so many bytes take, at most."""
    return -(-8 * count // BITS) * 2
