"""Pieces of kernels, for tests that call them from Python."""

import numba

from minivit.kernels.compiling.decorators import FAST_MATH


def from_python(piece):
    """The same function with a wrapper around it; without a JIT there is nothing to wrap.

    Its code is not kept: the file would be the piece's, which holds code without a wrapper.
    """
    function = getattr(piece, "py_func", piece)
    return numba.njit(function, error_model="numpy", fastmath=FAST_MATH)
