"""The gradients of what a branch learns, from the sums of all pieces."""

from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from minivit.destinations import gradient_like

from ..compiling import jit, shared
from ..matrix import ONE, ZERO, Matrix
from ..product.endings import NOTHING, Ending
from ..simd import noinline

NEAR = 1024  # numbers that are added up at once, in the nearest cache


def summed(sums, first, second):
    """sums (pieces, n) -> gradients like the weights `first` and `second`, and all that follows."""
    rest = np.empty(sums.shape[1] - first.size - second.size, sums.dtype)
    gradients = gradient_like(first), gradient_like(second), rest
    _sums_of_pieces(sums.dtype, get_num_threads(), tuple(x.reshape(-1) for x in gradients), sums)
    return gradients


def norm_gradients(sums):
    """sums (pieces, 2D) -> dgamma, dbeta (D,): piece after piece."""
    return np.split(sums.sum(axis=0), 2)


@shared
def _sums_of_pieces(share, shares, total, sums):
    """The arrays of `total`, one after the other = sums (pieces, n), added up in order: this
    share's part of each."""
    column = 0
    for whole in total:
        first, after = share * whole.size // shares, (share + 1) * whole.size // shares
        for begin in range(first, after, NEAR):
            _add_up(whole, begin, min(begin + NEAR, after), sums, column)
        column += whole.size


@jit
def _add_up(whole, begin, end, sums, column):
    noinline()
    begin, end, column = np.uintp(begin), np.uintp(end), np.uintp(column)
    for j in range(begin, end):
        whole[j] = sums[0, column + j]
    for p in range(1, len(sums)):
        for j in range(begin, end):
            whole[j] += sums[p, column + j]


class SumsOfPiece(NamedTuple):
    """Where the sums of a piece of rows lie: in one row, one after the other."""

    dw_first: Matrix  # (D, wide)
    dw_second: Matrix  # (rows, D)
    to_db_first: Ending  # what adds to (wide,)
    to_db_second: Ending  # to (D,)
    of_norm: np.ndarray  # dgamma, dbeta (2D,)


@jit(counts=False)
def sums_of_piece(row, D, wide, rows, workspace):
    """The sums that lie in a row, LayerNorm's at its end, which begin with zeros. Where the
    gradients of weights come afterwards, the others have no place there, and are not to be used.
    """
    biases = (wide + rows) * D
    of_norm = row[row.size - 2 * D :]
    for j in range(2 * D):
        of_norm[j] = 0
    return SumsOfPiece(
        Matrix(row, ZERO, wide, ONE),
        Matrix(row, D * wide, D, ONE),
        adding_up(workspace, row[biases:]),
        adding_up(workspace, row[biases + wide :]),
        of_norm,
    )


@jit(counts=False)
def nothing_else(workspace):
    """The Ending of a product after which nothing follows."""
    return Ending(NOTHING, workspace, workspace, workspace, ZERO, ZERO, workspace)


@jit(counts=False)
def adding_up(workspace, sums):
    """The Ending of a product that also adds up b's columns, into these sums."""
    return Ending(NOTHING, workspace, workspace, workspace, ZERO, ZERO, sums)
