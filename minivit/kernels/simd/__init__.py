"""Explicit SIMD: the few things plain Numba cannot say, as LLVM instructions. All of it is here.

    vectors.py     how wide this machine's vectors are, and the words to write LLVM with
    tiles.py       a block of a matrix product whose sums stay in registers: read this first
    block.py       a block of registers, and the loop over k that fills it
    packing.py     whole vectors moved: a row copied, a square transposed
    registers.py   one vector register as a value that kernels calculate with
    scalars.py     pieces of exp and max that LLVM vectorises when they stand in a loop
    calls.py       how compiled functions call each other, so that they compile quickly

Everything takes arrays, element offsets and element strides, never slices: a Numba slice counts
references, which threads would fight over. Above each piece stands its twin in plain Python, which
says the same in NumPy and runs when the JIT is off.
"""

from .calls import call, stay_whole
from .packing import copy_row, transpose
from .registers import exp, load, maximum, spread, store
from .scalars import EXP, larger, polynomial, times_power_of_two
from .tiles import ROWS, VECTORS, tile, tile_within
from .vectors import VECTOR_BYTES, lanes

__all__ = [
    "EXP",
    "ROWS",
    "VECTORS",
    "VECTOR_BYTES",
    "call",
    "copy_row",
    "exp",
    "lanes",
    "larger",
    "load",
    "maximum",
    "polynomial",
    "spread",
    "stay_whole",
    "store",
    "tile",
    "tile_within",
    "times_power_of_two",
    "transpose",
]
