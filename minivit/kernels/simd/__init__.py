"""Explicit SIMD: the few things that plain Numba cannot say, as LLVM instructions.

    emitter.py       how wide this machine's vectors are, and the words to write LLVM with
    tiles.py         a part of a matrix product whose sums stay in registers: read this first
    registers.py     the registers of a tile, and the loop over k that fills them
    lane_tile.py     the same where every element of the matrices is a register
    packing.py       whole vectors moved: a row copied, a line fetched, a square transposed
    turning.py       rows that lie anywhere, transposed, so that each gets a lane
    vector.py        one vector register as a value that kernels calculate with
    exponential.py   exp of such a register, and what every exp is made of
    scalars.py       a polynomial, the larger of two numbers, the nearest bfloat16: for loops
    pairs.py         pairs of bfloat16, and their tile
    amx.py           registers that hold matrices
    calls.py         how compiled functions call each other, so that they compile quickly

Everything takes a Matrix, or an array and an offset, never a slice: Numba counts references to a
slice, and threads would wait for each other at the counter. Above each instruction stands its twin
in NumPy, which runs when the JIT is off.
"""

from .calls import noinline, whole_registers
from .emitter import VECTOR_BYTES, lanes
from .exponential import EXP_COEFFICIENTS, LN2, ldexp, vector_exp
from .lane_tile import LONG, SHORT, lane_tile
from .packing import copy_row, prefetch, transpose_square
from .scalars import maximum, nearest_bfloat16, polynomial
from .tiles import ROWS, VECTORS, row_groups, tile, tile_within
from .turning import turn_square, turn_square_back
from .vector import broadcast, load, store, vector_maximum

__all__ = [
    "EXP_COEFFICIENTS",
    "LN2",
    "LONG",
    "ROWS",
    "SHORT",
    "VECTORS",
    "VECTOR_BYTES",
    "broadcast",
    "copy_row",
    "lane_tile",
    "lanes",
    "ldexp",
    "load",
    "maximum",
    "nearest_bfloat16",
    "noinline",
    "polynomial",
    "prefetch",
    "row_groups",
    "store",
    "tile",
    "tile_within",
    "transpose_square",
    "turn_square",
    "turn_square_back",
    "vector_exp",
    "vector_maximum",
    "whole_registers",
]
