"""AMX: registers that hold matrices, on Intel's processors since 2023.

A tile register holds 16 rows of 64 bytes: 16 x 16 float32, or 16 x 32 bfloat16. One instruction,
TDPBF16PS, multiplies 16 x 32 by 32 x 16 and adds the product to 16 x 16 sums: 8,192 multiply-adds
in 16 cycles, where a vector unit does 16 in one.

Before, the process asks the system for the registers (product/bf16/instructions.py), and each
thread says how many rows and columns they have: `amx_begin`. At the end it gives them back,
`amx_end`: the system saves 8 KB less then when it switches threads. For a processor without AMX
these three compile to nothing, and nobody calls them.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .emitter import Emitter, features, instruction

HAS_AMX = {"+amx-tile", "+amx-bf16"} <= features()
PALETTE, REGISTERS, TILE_ROWS, TILE_BYTES = 1, 8, 16, 64
BYTE, LONG = ir.IntType(8), ir.IntType(64)
POINTER = BYTE.as_pointer()


def _call(builder, name, *arguments, kinds):
    if not HAS_AMX:
        return
    kind = ir.FunctionType(ir.VoidType(), kinds)
    builder.call(
        cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.{name}"), arguments
    )


@instruction(lambda: None)
def amx_begin(typingctx):
    """Every register: 16 rows of 64 bytes."""

    def codegen(context, builder, sig, args):
        settings = bytearray(64)
        settings[0] = PALETTE
        for register in range(REGISTERS):
            settings[16 + 2 * register] = TILE_BYTES
            settings[48 + register] = TILE_ROWS
        constant = cgutils.global_constant(
            builder.module, "amx_settings", cgutils.make_bytearray(settings)
        )
        _call(builder, "ldtilecfg", builder.bitcast(constant, POINTER), kinds=[POINTER])
        return context.get_dummy_value()

    return types.void(), codegen


@instruction(lambda: None)
def amx_end(typingctx):
    """Give the registers back."""

    def codegen(context, builder, sig, args):
        _call(builder, "tilerelease", kinds=[])
        return context.get_dummy_value()

    return types.void(), codegen


@instruction(None, prefer_literal=True)
def amx_block(typingctx, down, across, a, b, sums, depth, go_on):
    """sums (16 down, 16 across) = (go_on ? sums : 0) + a (16 down, depth) b (depth, 16 across).

    a and b hold pairs, 2 depth steps of k; depth is a multiple of 16. All three are Matrices with
    contiguous rows that begin on a cache line. down and across are literals, 1 or 2.
    """

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, types.float32)
        _emit_block(emit, (a, b, sums), down.literal_value, across.literal_value, args[2:])
        return context.get_dummy_value()

    n = types.intp
    return types.void(down, across, a, b, sums, n, types.boolean), codegen


def _emit_block(emit, kinds, down, across, args):
    b = emit.builder
    *matrices, depth, go_on = args
    (a, a_row, _), (w, w_row, _), (c, c_row, _) = map(emit.matrix, kinds, matrices)
    number = lambda value: ir.Constant(BYTE, value)
    stride = lambda row: b.mul(row, emit.number(4))
    tiles = [(i, j) for i in range(down) for j in range(across)]
    place = {
        t: n for n, t in enumerate(tiles)
    }  # sums in registers 0 to 3, a in 4 and 5, b in 6 and 7

    def move(name, register, pointer, row, i, j):
        where = b.gep(pointer, [b.add(b.mul(row, emit.number(16 * i)), emit.number(16 * j))])
        _call(
            b,
            name,
            number(register),
            b.bitcast(where, POINTER),
            stride(row),
            kinds=[BYTE, POINTER, LONG],
        )

    with b.if_else(go_on) as (more, fresh):
        with more:
            for i, j in tiles:
                move("tileloadd64", place[i, j], c, c_row, i, j)
        with fresh:
            for t in tiles:
                _call(b, "tilezero", number(place[t]), kinds=[BYTE])
    with cgutils.for_range_slice(b, emit.number(0), depth, emit.number(16)) as (k, _):
        a_here, w_here = b.gep(a, [k]), b.gep(w, [b.mul(k, w_row)])
        for i in range(down):
            move("tileloadd64", 4 + i, a_here, a_row, i, 0)
            for j in range(across):
                if i == 0:
                    move("tileloadd64", 6 + j, w_here, w_row, 0, j)
                _call(
                    b,
                    "tdpbf16ps",
                    number(place[i, j]),
                    number(4 + i),
                    number(6 + j),
                    kinds=[BYTE] * 3,
                )
    for i, j in tiles:
        move("tilestored64", place[i, j], c, c_row, i, j)
