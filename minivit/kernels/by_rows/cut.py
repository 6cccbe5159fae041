"""How the rows of a branch are cut."""

import functools
from typing import NamedTuple

from ..compiling import jit

# Numbers of the widest array that are made at once. A backward that adds up gradients of weights
# has two such arrays, and its sums; one that packs them has two as well; one that writes them for
# products of all rows, afterwards, takes as a forward does.
AT_ONCE_FORWARD, AT_ONCE_BACKWARD = 1 << 18, 1 << 17
PIECES, LEAST = 16, 128  # so many pieces at most, of so many rows at least
MANY = 64  # pieces at most where no gradients of weights are added up
SUMS = 1 << 22  # numbers of the sums of all pieces, at most


class Sizes(NamedTuple):
    """How many rows there are, how many a piece has, and how many are done at once."""

    rows: int
    D: int
    wide: int  # columns of the widest array: M of an MLP, 3HK of qkv
    unit: int  # so many rows stay together
    piece: int
    down: int


@functools.cache
def cut(rows, D, wide, unit, sums, at_once, most=PIECES):
    """`unit` rows stay together; `sums`: how many numbers a piece adds up;
    `at_once`: how many numbers of the widest array are made at once; `most`: pieces.

    The number of pieces is halved until each has enough rows, and rounding to units may leave
    fewer.
    """
    pieces = most
    while pieces > 1 and (pieces * LEAST > rows or pieces * sums > SUMS):
        pieces //= 2
    piece = _of_units(rows, pieces, unit)
    return Sizes(rows, D, wide, unit, piece, _of_units(piece, -(-piece * wide // at_once), unit))


def _of_units(rows, parts, unit):
    return max(1, -(-rows // (parts * unit))) * unit


@jit
def rows_of(share, shares, sizes, together):
    """This share's rows, from the first to after the last, where so many stay together: the units
    of a forward, the pieces of a backward."""
    parts = (sizes.rows + together - 1) // together
    begin, end = share * parts // shares, (share + 1) * parts // shares
    return begin * together, min(end * together, sizes.rows)
