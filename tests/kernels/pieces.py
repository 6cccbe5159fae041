"""Pieces of kernels, for tests that call them from Python."""

from minivit.kernels.compiling import jit


def from_python(piece):
    """The same function with a wrapper around it; without a JIT there is nothing to wrap."""
    return jit(from_python=True)(getattr(piece, "py_func", piece))
