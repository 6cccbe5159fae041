"""A rectangle of a product in bf16, by one thread; compare with ../rectangle.py."""

import numpy as np

from ...compiling import by_address
from ...simd.amx import amx_begin, amx_end
from ..rectangle import arguments_like
from .multiply import How, multiply


@by_address
def rectangle_bf16(a, b, ready, start, use_start, c, size, packed, by_amx, ending, j_bias, add_up):
    """c = (start) + a @ b, the operands of the product rounded to bfloat16, and its ending.

    ready: b.numbers are the pairs of all of b (../weights.py), and c has all of its columns
    (j_bias = 0). They can't be added up then: the numbers before rounding are not there.
    """
    if by_amx:
        amx_begin()
    how = How(by_amx, add_up, ready, b.numbers if ready else packed.numbers, size[1])
    multiply(how, a, b, start, use_start, c, size, packed.numbers, packed.first, ending, j_bias)
    if by_amx:
        amx_end()


def address_for_bf16():
    """Where the function lies."""
    return rectangle_bf16.at(np.dtype(np.float32), *arguments_like(np.dtype(np.float32)))
