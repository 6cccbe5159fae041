"""A rectangle of a product in bf16, by one thread; compare with ../rectangle.py."""

import numpy as np

from ...compiling import by_address
from ...simd.amx import amx_begin, amx_end
from ..rectangle import arguments_like
from .multiply import multiply


@by_address
def rectangle_bf16(a, b, ready, start, use_start, c, size, packed, by_amx, ending, j_bias, add_up):
    """c = (start) + a @ b, the operands of the product rounded to bfloat16, and its ending.

    packed: the thread's own room. ready and add_up: see `multiply`.
    """
    if by_amx:
        amx_begin()
    multiply(by_amx, a, b, ready, start, use_start, c, size, packed, ending, j_bias, add_up)
    if by_amx:
        amx_end()


def address_for_bf16():
    """Where the function lies."""
    return rectangle_bf16.at(np.dtype(np.float32), *arguments_like(np.dtype(np.float32)))
