"""The gradients of a branch's two weights and biases, in the three ways of cut.py.

Where products make them afterwards, of all rows, a backward writes what they multiply, or packs it.
Packed, a row's place depends on nothing but how the rows are cut. In a pair stand two rows, so an
odd number that is done at once is followed by a row of zeros (../product/bf16/).
"""

import functools
from typing import NamedTuple

import numpy as np

from ..linear import weight_gradients
from ..product.bf16.gradient import Operands, address_of_packing, gradient_of, operands_for
from ..product.tiled import stack_of
from .cut import ADDED_UP, PACKED, WRITTEN, packed_rows
from .sums import norm_gradients, summed


class Afterwards(NamedTuple):
    """What a backward leaves for the products afterwards, of all rows."""

    normed: np.ndarray  # (rows, D): n, where it is written, as are the next two
    inner: np.ndarray  # (rows, M) or (rows, D): h of an MLP, or merged
    dwide: np.ndarray  # (rows, wide): dz, or dqkv
    of_first: Operands  # where it is packed
    of_second: Operands
    rows: int  # how many these are then


def room_for(way, first, second, sizes):
    """An `Afterwards` with nothing in it yet, where only what the way needs has room.

    And what a share is told: where n, h and dz of all rows lie, and the way; where the function for
    packing lies, and where to.
    """
    left, told = _nothing(first.dtype)
    if way == ADDED_UP:
        return left, told
    if way == WRITTEN:
        columns = first.shape[0], second.shape[0], first.shape[1]
        written = (np.empty((sizes.rows, n), first.dtype) for n in columns)
        left = Afterwards(*written, *left[3:])
    else:
        rows = packed_rows(sizes.rows, sizes)
        left = Afterwards(*left[:3], operands_for(first, rows), operands_for(second, rows), rows)
    return left, _told(way, left)


@functools.cache
def _nothing(dtype):
    numbers = np.empty(0, dtype)
    left = Afterwards(*[numbers.reshape(0, 1)] * 3, *[Operands(numbers, numbers, 0)] * 2, 0)
    return left, _told(ADDED_UP, left)


def _told(way, left):
    address = address_of_packing() if way == PACKED else 0
    packing = address, tuple(left.of_first), tuple(left.of_second)
    return (*(stack_of(x) for x in left[:3]), way), packing


def numbers(way, first, second):
    """How many numbers a piece adds up: dgamma and dbeta, db_first and db_second where no product
    adds them up, dw_first and dw_second where it is all done by pieces."""
    D, wide = first.shape
    biases = 0 if way == WRITTEN else wide + D
    return 2 * D + biases + (first.size + second.size if way == ADDED_UP else 0)


def gradients(way, left, dy, sums, weights, has_biases):
    """dgamma, dbeta, dw_first, db_first, dw_second, db_second, from dy (rows, D), what was left for
    the products, and the sums of all pieces, (pieces, numbers)."""
    (first, second), (has_first, has_second) = weights, has_biases
    if way == WRITTEN:
        dw_first, db_first = weight_gradients(left.normed, left.dwide, first, has_first)
        dw_second, db_second = weight_gradients(left.inner, dy, second, has_second)
        return *norm_gradients(sums), dw_first, db_first, dw_second, db_second
    if way == PACKED:
        rest = sums.sum(axis=0)
        dw_first = gradient_of(first, left.of_first, left.rows)
        dw_second = gradient_of(second, left.of_second, left.rows)
    else:
        dw_first, dw_second, rest = summed(sums, first, second)
    D, wide = first.shape
    db_first = rest[:wide] if has_first else None
    db_second = rest[wide : wide + D] if has_second else None
    return rest[wide + D : -D], rest[-D:], dw_first, db_first, dw_second, db_second
