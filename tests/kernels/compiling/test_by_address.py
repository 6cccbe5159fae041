"""Pieces that are compiled once, and called by their address."""

import numba
import numpy as np
import pytest
from numba import types

from minivit.kernels.compiling import by_address, call, jit, shared
from minivit.kernels.compiling.by_address import need_plain
from minivit.kernels.matrix import ONE, ZERO, Matrix

with_jit = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


@by_address
def add_row(matrix, size, twice):
    """Adds 1 to the first numbers, or 2."""
    for j in range(size[0]):
        matrix.numbers[matrix.first + j] += 2 if twice else 1


@shared(small_op=True)
def add(share, shares, at, x, twice):
    for r in range(share, x.size // 4, shares):
        call(at, (Matrix(x, 4 * r, 4, ONE), (4, ZERO), twice))


def arguments_like(x):
    return Matrix(x, 0, 0, 0), (0, 0), False


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_called_gets_its_arguments(dtype):
    x = np.zeros(12, dtype)
    at = add_row.at(x.dtype, *arguments_like(x))
    add(x.dtype, 2, at, x, False)
    add(x.dtype, 2, at, x, True)
    assert x.tolist() == [3] * 12


@with_jit
def test_it_is_compiled_once_for_a_kind():
    x = np.zeros(4, np.float32)
    first = add_row.at(x.dtype, *arguments_like(x))
    assert first == add_row.at(x.dtype) and first == add_row.addresses[x.dtype]


@with_jit
def test_what_would_be_read_as_something_else_is_refused():
    vector = types.Array(types.float32, 1, "C")
    need_plain(types.Tuple((vector, types.intp, types.boolean)))
    for kind in (
        types.Array(types.float32, 1, "A"),
        types.Array(types.float32, 2, "C"),
        types.int32,
    ):
        with pytest.raises(TypeError, match="can't be handed over"):
            need_plain(types.Tuple((vector, types.Tuple((kind,)))))

    @jit(from_python=True)
    def wrong(at, x):
        call(at, (x, np.int32(1)))

    with pytest.raises(TypeError, match="int32 can't be handed over"):
        wrong(0, np.zeros(4, np.float32))
