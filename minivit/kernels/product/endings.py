"""What is done to a part of c as soon as its sums are complete, while it lies in the cache."""

from typing import NamedTuple

import numpy as np

from ..compiling import jit
from ..elementary import gelu_erf, gelu_erf_value, gelu_tanh
from ..simd import noinline, whole_registers

# NOTHING            c = a b
# ADD_BIAS           c += bias, where the sums begin at the residual instead
# GELU, _TANH        h = gelu(z), where z is c itself
# HERE, _TANH        c = gelu(c): for inference, where nobody reads z again
# GELU_SLOPE, _TANH  h = gelu(z) and c *= gelu'(z)
NOTHING, ADD_BIAS, GELU, GELU_TANH, HERE, HERE_TANH, GELU_SLOPE, GELU_TANH_SLOPE = range(8)
VALUES = {"erf": GELU, "tanh": GELU_TANH}  # the forward's mode for each form
IN_PLACE = {"erf": HERE, "tanh": HERE_TANH}  # inference's
SLOPES = {"erf": GELU_SLOPE, "tanh": GELU_TANH_SLOPE}  # the backward's


class Ending(NamedTuple):
    """What follows a product. Arrays that the mode does not need may be any."""

    mode: int
    bias: np.ndarray  # (N,)
    z: np.ndarray  # flat; c[p] belongs to z[p + z_apart]
    h: np.ndarray  # flat; c[p] belongs to h[p + h_apart]
    z_apart: int
    h_apart: int
    sums: np.ndarray  # (N,), for b's sums over k


@jit
def finish(ending, c, rows, columns, j0, slopes, slopes0):
    """Apply the ending to rows x columns of c, whose first column is column j0 of the product.

    One loop writes h and puts the slopes into slopes[slopes0:]; the next multiplies c by them.
    """
    noinline()
    whole_registers()
    mode, bias, z, h, c_numbers = ending.mode, ending.bias, ending.z, ending.h, c.numbers
    # Unsigned: an index that may be negative keeps loops from vectorising.
    columns, bias0, slopes0 = np.uintp(columns), np.uintp(j0), np.uintp(slopes0)
    for i in range(rows):
        first = c.first + i * c.row
        of_z, of_h = np.uintp(first + ending.z_apart), np.uintp(first + ending.h_apart)
        first = np.uintp(first)
        if mode == ADD_BIAS:
            for j in range(columns):
                c_numbers[first + j] += bias[bias0 + j]
        elif mode == GELU:
            for j in range(columns):
                h[of_h + j] = gelu_erf_value(z[of_z + j])
        elif mode == GELU_TANH:
            for j in range(columns):
                h[of_h + j] = gelu_tanh(z[of_z + j])[0]
        elif mode == HERE:  # a loop of its own: one whose h is its z would not be vectorised
            for j in range(columns):
                c_numbers[first + j] = gelu_erf_value(c_numbers[first + j])
        elif mode == HERE_TANH:
            for j in range(columns):
                c_numbers[first + j] = gelu_tanh(c_numbers[first + j])[0]
        elif mode == GELU_SLOPE:
            for j in range(columns):
                h[of_h + j], slopes[slopes0 + j] = gelu_erf(z[of_z + j])
        else:
            for j in range(columns):
                h[of_h + j], slopes[slopes0 + j] = gelu_tanh(z[of_z + j])
        if mode >= GELU_SLOPE:
            for j in range(columns):
                c_numbers[first + j] *= slopes[slopes0 + j]
