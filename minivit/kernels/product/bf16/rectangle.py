"""A rectangle of a product in bf16, by one thread; compare with ../rectangle.py."""

import numpy as np

from ...compiling import by_address
from ...simd.amx import amx_begin, amx_end
from ..rectangle import arguments_like
from .multiply import How, multiply


@by_address
def rectangle_bf16(a, b, start, use_start, c, size, packed, by_amx, ending, j_bias, add_up):
    """c = (start) + a @ b, the operands of the product rounded to bfloat16, and its ending."""
    if by_amx:
        amx_begin()
    how = How(by_amx, add_up, False, packed.numbers, size[1])
    multiply(how, a, b, start, use_start, c, size, packed.numbers, packed.first, ending, j_bias)
    if by_amx:
        amx_end()


@by_address
def rectangle_of_packed(a, b, start, use_start, c, size, packed, by_amx, ending, j_bias, add_up):
    """The same for a b that has been packed before (weights.py): b.numbers are all its pairs.

    Its columns can't be added up: the numbers before rounding are not there. So add_up is 0.
    """
    if by_amx:
        amx_begin()
    how = How(by_amx, add_up, True, b.numbers, size[1])
    multiply(how, a, b, start, use_start, c, size, packed.numbers, packed.first, ending, j_bias)
    if by_amx:
        amx_end()


def address_for_bf16(*, ready=False):
    """Where the function lies; ready: where that for packed weights lies."""
    function = rectangle_of_packed if ready else rectangle_bf16
    return function.at(np.dtype(np.float32), *arguments_like(np.dtype(np.float32)))
