"""Packing one of attention's small matrices, and the product of two that are packed."""

from ..compiling import jit
from ..matrix import ONE, Matrix, moved
from ..product.bf16.blocks import block
from ..product.bf16.packing import BLOCK, pack_panels, pack_rows
from ..simd import noinline
from .space import blocks


@jit
def rows_into(x, rows, depth, to, at):
    """x (rows, depth), packed as the first operand of a product: to[at:]."""
    noinline()
    pack_rows(x, Matrix(to, at, blocks(depth) // 2, ONE), rows, depth)


@jit
def panels_into(x, columns, depth, to, at):
    """x (depth, columns), packed as the second operand: to[at:]."""
    noinline()
    pack_panels(x, Matrix(to, at, BLOCK, ONE), columns, depth, blocks(depth) // 2)


@jit
def multiply_packed(by_amx, first, second, c, size, go_on):
    """c (rows, columns) = (go_on ? c : 0) + the product of what lies packed there.

    c's rows begin on a cache line; it is written in whole blocks.
    """
    noinline()
    (rows, columns, depth), numbers = size, c.numbers
    pairs = blocks(depth) // 2
    for j in range(0, columns, BLOCK):
        panel = Matrix(numbers, second + j * pairs, BLOCK, ONE)
        for i in range(0, rows, BLOCK):
            a = Matrix(numbers, first + i * pairs, pairs, ONE)
            block(by_amx, a, panel, moved(c, i, j), min(BLOCK, rows - i), pairs, go_on)
