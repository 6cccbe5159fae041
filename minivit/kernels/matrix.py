"""A matrix as compiled code hands it on: flat numbers, and its place among them.

In compiled code a named tuple costs nothing. Python hands over plain tuples: a named one would take
a microsecond to unpack.

A function that returns a Matrix is compiled without reference counts (`jit(counts=False)`); so must
be every function that calls it.
"""

from typing import NamedTuple

import numpy as np

from .compiling import jit

# Typed numbers, no literals: Numba compiles a callee again for each pattern of literals.
ZERO, ONE = np.intp(0), np.intp(1)


class Matrix(NamedTuple):
    """x[i, j] is numbers[first + i row + j column]."""

    numbers: np.ndarray  # flat
    first: int
    row: int
    column: int


class Scattered(NamedTuple):
    """x[i, j] is numbers[first + places[at + i] + j]: rows that lie anywhere, each contiguous."""

    numbers: np.ndarray  # flat
    first: int
    places: np.ndarray  # integers
    at: int


class Packed(NamedTuple):
    """x[i, j] is numbers[first + i // GROUP apart + j STRIDE + i % GROUP]: groups of rows, in which
    a column's numbers lie side by side. GROUP and STRIDE are the machine's: see `row_groups`."""

    numbers: np.ndarray  # flat
    first: int
    apart: int  # from one group to the next


@jit(counts=False)
def moved(x, i, j):
    """x from row i and column j on."""
    return Matrix(x.numbers, x.first + i * x.row + j * x.column, x.row, x.column)


@jit(counts=False)
def transposed(x):
    """x^T, in the same memory."""
    return Matrix(x.numbers, x.first, x.column, x.row)
