"""A part of a matrix and its transpose, in the same memory."""

import numpy as np

from minivit.kernels import matrix
from minivit.kernels.matrix import Matrix
from minivit.kernels.simd.emitter import elements

NUMBERS = np.arange(60.0)

# As plain Python: compiled, they may be called only where no references are counted.
moved = getattr(matrix.moved, "py_func", matrix.moved)
transposed = getattr(matrix.transposed, "py_func", matrix.transposed)


def test_moved_and_transposed_against_numpy():
    x = Matrix(NUMBERS, 3, 7, 1)
    right = NUMBERS[3:59].reshape(8, 7)
    assert np.array_equal(elements(x, 8, 7), right)
    assert np.array_equal(elements(moved(x, 2, 3), 5, 4), right[2:7, 3:])
    assert np.array_equal(elements(transposed(moved(x, 2, 3)), 4, 5), right[2:7, 3:].T)
    assert np.array_equal(elements(moved(transposed(x), 3, 2), 4, 5), right.T[3:, 2:7])
