"""How the rows of a branch are cut."""

import functools
from typing import NamedTuple

from ..compiling import jit

# How a backward comes to the gradients of weights: each piece of rows adds them up; or they are
# products, afterwards, of what was written for all rows, or packed.
ADDED_UP, WRITTEN, PACKED = range(3)
# Numbers of the widest array that are made at once. A backward has two such arrays, and its sums;
# one that writes them for products afterwards takes as a forward does.
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


@jit(from_python=True)
def packed_rows(rows, sizes):
    """As which row the row after so many is packed: behind an odd number that is done at once comes
    a row of zeros. After all rows: how many these are then.

    rows: what comes after them is the first that is done at once, or nothing.
    """
    of_piece = sizes.piece + _odd(sizes.piece, sizes)
    return rows // sizes.piece * of_piece + rows % sizes.piece + _odd(rows % sizes.piece, sizes)


@jit
def _odd(rows, sizes):
    """How often a piece's rows, some at a time, are an odd number."""
    return rows // sizes.down * (sizes.down % 2) + rows % sizes.down % 2


@jit
def rows_of(share, shares, sizes, together):
    """This share's rows, from the first to after the last, where so many stay together: the units
    of a forward, the pieces of a backward."""
    parts = (sizes.rows + together - 1) // together
    begin, end = share * parts // shares, (share + 1) * parts // shares
    return begin * together, min(end * together, sizes.rows)
