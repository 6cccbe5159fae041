"""AMX: registers that hold matrices, on Intel's servers since 2023.

A register holds 16 rows of 64 bytes: 16 x 16 float32, or 16 x 16 pairs of bfloat16 (pairs.py). One
instruction, TDPBF16PS, multiplies 16 rows of 32 numbers by 32 rows of 16 and adds the product to 16
x 16 sums: 8,192 multiply-adds in 16 cycles, where a vector unit does 256.

Before, the process asks the system for the registers (product/bf16/instructions.py), and each
thread says how many rows and columns they have: `amx_begin`. At the end it gives them back,
`amx_end`: the system saves 8 KB less then when it switches threads. For a processor without AMX
these three compile to nothing, and nobody calls them.
"""

import itertools

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .emitter import Emitter, elements, features, instruction
from .pairs import SIDE, product_of_pairs

HAS_AMX = {"+amx-tile", "+amx-bf16"} <= features()
PALETTE, REGISTERS, ROW_BYTES = 1, 8, 64
A, B = 4, 6  # the registers: sums in 0 to 3, two squares of a, two of b
BYTE, LONG = ir.IntType(8), ir.IntType(64)
POINTER = BYTE.as_pointer()


@instruction(lambda: None)
def amx_begin(typingctx):
    """Every register has 16 rows of 64 bytes."""
    settings = bytearray(64)
    settings[0] = PALETTE
    for register in range(REGISTERS):
        settings[16 + 2 * register], settings[48 + register] = ROW_BYTES, SIDE

    def codegen(context, builder, sig, args):
        constant = cgutils.make_bytearray(settings)
        where = cgutils.global_constant(builder.module, "amx_settings", constant)
        _call(builder, "ldtilecfg", builder.bitcast(where, POINTER))
        return context.get_dummy_value()

    return types.void(), codegen


@instruction(lambda: None)
def amx_end(typingctx):
    """Give the registers back."""

    def codegen(context, builder, sig, args):
        _call(builder, "tilerelease")
        return context.get_dummy_value()

    return types.void(), codegen


def _amx_block(down, a, b, sums, depth, go_on):
    block = elements(sums, SIDE * down, 2 * SIDE)
    product = product_of_pairs(a, b, SIDE * down, 2 * SIDE, depth)
    block[...] = product + block if go_on else product


@instruction(_amx_block, prefer_literal=True)
def amx_block(typingctx, down, a, b, sums, depth, go_on):
    """sums (16 down, 32) = (go_on ? sums : 0) + a (16 down, depth) b (depth, 32).

    down is a literal, 1 or 2. a and b hold pairs; depth counts them, a multiple of 16. All three
    are Matrices with contiguous rows, which begin on a cache line.
    """

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, types.float32)
        _emit_block(emit, (a, b, sums), down.literal_value, args[1:])
        return context.get_dummy_value()

    return types.void(down, a, b, sums, types.intp, types.boolean), codegen


def _emit_block(emit, kinds, down, args):
    builder, (*matrices, depth, go_on) = emit.builder, args
    (a, a_row, _), (b, b_row, _), (c, c_row, _) = map(emit.matrix, kinds, matrices)
    squares = list(itertools.product(range(down), range(2)))

    def move(name, register, pointer, row, i, j):
        """Square (i, j) of what lies there, to its register or from it."""
        first = builder.add(builder.mul(row, emit.number(SIDE * i)), emit.number(SIDE * j))
        where = builder.bitcast(builder.gep(pointer, [first]), POINTER)
        _call(builder, name, BYTE(register), where, builder.mul(row, emit.number(emit.bytes)))

    with builder.if_else(go_on) as (more, fresh):
        with more:
            for i, j in squares:
                move("tileloadd64", 2 * i + j, c, c_row, i, j)
        with fresh:
            for i, j in squares:
                _call(builder, "tilezero", BYTE(2 * i + j))
    with cgutils.for_range_slice(builder, emit.number(0), depth, emit.number(SIDE)) as (k, _):
        for i, j in squares:
            if j == 0:
                move("tileloadd64", A + i, builder.gep(a, [k]), a_row, i, 0)
            if i == 0:
                move("tileloadd64", B + j, builder.gep(b, [builder.mul(k, b_row)]), b_row, 0, j)
            _call(builder, "tdpbf16ps", BYTE(2 * i + j), BYTE(A + i), BYTE(B + j))
    for i, j in squares:
        move("tilestored64", 2 * i + j, c, c_row, i, j)


def _call(builder, name, *arguments):
    if HAS_AMX:
        kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.{name}")
        builder.call(function, arguments)
