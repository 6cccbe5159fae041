"""A rectangle of a product, by one thread: what the kernels that multiply matrices call.

It is compiled once for each dtype, and called by its address. In bf16 kernels are handed the
address of another function with the same arguments (bf16/rectangle.py): so they need not know which
of the two they call.
"""

import functools

import numpy as np

from ..compiling import by_address
from ..matrix import Matrix
from .chunks import multiply
from .endings import NOTHING, Ending
from .packing import chunks


@by_address
def rectangle(a, b, ready, start, use_start, c, size, packed, by_amx, ending, j_bias, add_up):
    """c = (start) + a @ b, and its ending; size: (rows, columns, depth).

    c's first column is column j_bias of the whole product. packed: the thread's own room. by_amx
    is for bf16. ready, start, use_start and add_up: see `multiply`.
    """
    chunk = chunks(size[1], size[2], c.numbers.itemsize)
    multiply(a, b, ready, start, use_start, c, size, chunk, packed, ending, j_bias, add_up)


@functools.cache
def arguments_like(dtype):
    """Arguments of the types that the function takes."""
    x, n = np.empty(0, dtype), 0
    matrix, ending = Matrix(x, n, n, n), Ending(NOTHING, x, x, x, n, n, x)
    return matrix, matrix, False, matrix, n, matrix, (n, n, n), matrix, False, ending, n, n


def address_for(dtype):
    """Where the function for matrices of this dtype lies."""
    return rectangle.at(dtype, *arguments_like(dtype))
