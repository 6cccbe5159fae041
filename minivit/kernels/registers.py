"""Vector registers as values: what attention's tiles say beyond `simd.tile`.

A `Vector` is one register of LANES numbers, and lives in a kernel like any number:

    load(array, offset)            LANES neighbouring numbers             x + y, x - y, x * y, x / y   lane by lane
    store(array, offset, x)        puts them back                         maximum(x, y)         lane by lane
    spread(number)                 the same number in every lane          exp(x)                x <= 0, see there

so that a loop over rows of a block treats LANES columns at once, without horizontal sums. With the JIT off a Vector
is a NumPy array of LANES numbers. Two larger pieces:

    tile_within(...)               a tile of a product that stays inside its operands at every ragged edge
    transpose(...)                 LANES x LANES numbers, turned in registers

All take arrays, element offsets and element strides (see simd.py).
"""

import math
import operator

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from .simd import VECTOR_BYTES, _Emitter, _strided, lanes


class Vector(types.Type):
    """Numba's type of one vector register of `dtype`."""

    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        element = manager.lookup(kind.dtype).get_data_type()
        count = VECTOR_BYTES * 8 // kind.dtype.bitwidth
        super().__init__(manager, kind, ir.VectorType(element, count))


def _arithmetic(operation, instruction):
    """Teach Numba `operation` on two vectors: one LLVM instruction."""

    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, arguments, keywords):
            x, y = arguments
            if isinstance(x, Vector) and x == y:
                return signature(x, x, y)

    @lower_builtin(operation, Vector, Vector)
    def _lower(context, builder, sig, arguments):
        return getattr(builder, instruction)(*arguments, flags=("contract",))


for _operation, _name in (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv"):
    _arithmetic(_operation, _name)


@intrinsic
def own_function(typingctx):
    """LLVM must not copy the function that calls this into its callers: a large one costs compile time at every call."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def load(typingctx, array, offset):
    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, array.dtype)
        where = emit.at(emit.pointer(array, args[0], args[1]), emit.number(0))
        return builder.load(where, align=emit.bytes)

    return Vector(array.dtype)(array, types.intp), codegen


@intrinsic
def store(typingctx, array, offset, x):
    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, array.dtype)
        where = emit.at(emit.pointer(array, args[0], args[1]), emit.number(0))
        builder.store(args[2], where, align=emit.bytes)
        return context.get_dummy_value()

    return types.void(array, types.intp, x), codegen


@intrinsic
def spread(typingctx, number):
    def codegen(context, builder, sig, args):
        return _Emitter(context, builder, number).spread(args[0])

    return Vector(number)(number), codegen


@intrinsic
def maximum(typingctx, x, y):
    """The larger, lane by lane; y where either is NaN."""

    def codegen(context, builder, sig, args):
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return x(x, y), codegen


# exp(r) on |r| <= ln(2)/2, from the constant up: a minimax polynomial (relative error 3e-9) and Taylor's (4e-18); ln 2 in
# two parts, of which n * the first is exact; the bits of the fraction, and the exponent's bias.
EXP = {
    32: ((1, 1, 0.4999999337, 0.1666652015, 0.0416683893, 0.008368784801, 0.001381525096),
         (0.693359375, -2.12194440054690581e-4), 23, 127),
    64: (tuple(1 / math.factorial(i) for i in range(14)),
         (6.93147180369123816490e-01, 1.90821492927058770002e-10), 52, 1023),
}  # fmt: skip


@intrinsic
def exp(typingctx, x):
    """exp(x) for x <= 0 (and a little above): 2**n exp(r), x = n ln 2 + r. Below the smallest normal number 0; NaN stays NaN.

    Adding 1.5 * 2**(bits of the fraction) rounds x / ln 2 to the integer n and leaves n in the lowest bits of the sum;
    with the bias added too, a shift moves it into the exponent's place, and there stands 2**n.
    """

    def codegen(context, b, sig, args):
        (value,), emit = args, _Emitter(context, b, x.dtype)
        bits = x.dtype.bitwidth
        coefficients, (ln2_high, ln2_low), fraction, bias = EXP[bits]
        shift, smallest = 1.5 * 2.0**fraction + bias, (1 - bias) * math.log(2)
        whole = ir.VectorType(ir.IntType(bits), emit.lanes)

        def const(c, kind=emit.vector):
            return ir.Constant(kind, [c] * emit.lanes)

        shifted = emit.multiply_add(value, const(1 / math.log(2)), const(shift))
        n = b.fsub(shifted, const(shift))
        r = emit.multiply_add(n, const(-ln2_high), value)
        r = emit.multiply_add(n, const(-ln2_low), r)
        y = const(coefficients[-1])
        for c in coefficients[-2::-1]:
            y = emit.multiply_add(y, r, const(c))
        power = b.bitcast(b.shl(b.bitcast(shifted, whole), const(fraction, whole)), emit.vector)
        return b.select(b.fcmp_ordered("<", value, const(smallest)), emit.zeros, b.fmul(y, power))

    return x(x), codegen


# --- a product's tile, inside its operands ---------------------------------------------------------


@intrinsic(prefer_literal=True)
def tile_within(typingctx, rows, vectors, a, a_offset, a_row, a_k, b, b_offset, b_k,
                c, c_offset, c_row, height, width, depth, accumulate):  # fmt: skip
    """c[0:height, 0:width] = (accumulate ? c : 0) + a[0:height, 0:depth] @ b[0:depth, 0:width].

    Like simd.tile, for operands in place, which nobody has padded: a row at or past `height` repeats the last one (the
    same numbers to the same place), and past `width` nothing is read or written. height, width and depth >= 1.
    """
    assert a.dtype == b.dtype == c.dtype, "one dtype per product"
    n = types.intp
    result = types.void(rows, vectors, a, n, n, n, b, n, n, c, n, n, n, n, n, types.boolean)
    shape = rows.literal_value, vectors.literal_value

    def codegen(context, builder, sig, args):
        _emit_within(_Emitter(context, builder, a.dtype), *shape, sig.args, args)
        return context.get_dummy_value()

    return result, codegen


def _emit_within(emit, rows, vectors, kinds, args):
    b = emit.builder
    _, _, a, a_offset, a_row, a_k, panel, panel_offset, panel_k = args[:9]
    c, c_offset, c_row, height, width, depth, accumulate = args[9:]
    last = b.sub(height, emit.number(1))
    row_of = [emit.number(0)]
    for r in range(1, rows):
        inside = b.icmp_signed("<", emit.number(r), height)
        row_of.append(b.select(inside, emit.number(r), last))
    a, panel, c = (
        emit.pointer(kind, array, offset)
        for kind, array, offset in ((kinds[2], a, a_offset), (kinds[6], panel, panel_offset), (kinds[9], c, c_offset))
    )
    a_rows = [b.gep(a, [b.mul(a_row, r)]) for r in row_of]
    c_rows = [b.gep(c, [b.mul(c_row, r)]) for r in row_of]
    masks = [None] * vectors
    if vectors > 1:  # whole vectors only
        _emit_within_loop(emit, rows, vectors, a_rows, a_k, panel, panel_k, c_rows, depth, accumulate, masks)
        return
    with b.if_else(b.icmp_signed("<", width, emit.number(emit.lanes))) as (edge, whole):
        with edge:
            masks = [emit.mask(width, 0)]
            _emit_within_loop(emit, rows, vectors, a_rows, a_k, panel, panel_k, c_rows, depth, accumulate, masks)
        with whole:
            masks = [None]
            _emit_within_loop(emit, rows, vectors, a_rows, a_k, panel, panel_k, c_rows, depth, accumulate, masks)


def _emit_within_loop(emit, rows, vectors, a_rows, a_k, panel, panel_k, c_rows, depth, accumulate, masks):
    """The tile proper: first values, the loop over k, the stores. A mask of None is a whole vector."""
    b = emit.builder

    def read(pointer, v):
        where = emit.at(pointer, emit.number(v * emit.lanes))
        return b.load(where, align=emit.bytes) if masks[v] is None else emit.masked_load(where, masks[v])

    fresh = b.block
    with b.if_then(accumulate):
        old = [[read(row, v) for v in range(vectors)] for row in c_rows]
        reading = b.block
    first = [[b.phi(emit.vector) for _ in range(vectors)] for _ in range(rows)]
    before, loop, done = b.block, b.append_basic_block("k"), b.append_basic_block("k_done")
    b.branch(loop)
    b.position_at_end(loop)
    k = b.phi(ir.IntType(64))
    sums = [[b.phi(emit.vector) for _ in range(vectors)] for _ in range(rows)]
    line = b.gep(panel, [b.mul(k, panel_k)])
    across = [read(line, v) for v in range(vectors)]
    down = b.mul(k, a_k)
    following = b.add(k, emit.number(1))
    after = []
    for r in range(rows):
        number = emit.spread(b.load(b.gep(a_rows[r], [down]), align=emit.bytes))
        after.append([emit.multiply_add(number, across[v], sums[r][v]) for v in range(vectors)])
    k.add_incoming(emit.number(0), before)
    k.add_incoming(following, loop)
    for r in range(rows):
        for v in range(vectors):
            first[r][v].add_incoming(emit.zeros, fresh)
            first[r][v].add_incoming(old[r][v], reading)
            sums[r][v].add_incoming(first[r][v], before)
            sums[r][v].add_incoming(after[r][v], loop)
    b.cbranch(b.icmp_signed("<", following, depth), loop, done)
    b.position_at_end(done)
    for r in range(rows):
        for v in range(vectors):
            where = emit.at(c_rows[r], emit.number(v * emit.lanes))
            if masks[v] is None:
                b.store(after[r][v], where, align=emit.bytes)
            else:
                emit.masked_store(after[r][v], where, masks[v])


# --- transposition ---------------------------------------------------------------------------------


@intrinsic
def transpose(typingctx, a, a_offset, a_row, height, width, factor, out, out_offset, out_row):
    """out[c, r] = factor a[r, c] for one LANES x LANES square; height, width >= 1 bound what is read of a: a row at or
    past `height` repeats the last one, a column past `width` is zero. out is written whole.

    A square is turned by swapping its off-diagonal quarters, then those of its quarters, and so on: log2(LANES) steps.
    """
    n = types.intp
    result = types.void(a, n, n, n, n, a.dtype, out, n, n)

    def codegen(context, b, sig, args):
        emit = _Emitter(context, b, a.dtype)
        _, _, a_row, height, width, factor, _, _, out_row = args
        source, target = emit.pointer(a, args[0], args[1]), emit.pointer(out, args[6], args[7])
        mask, factor = emit.mask(width, 0), emit.spread(factor)
        last, rows = b.sub(height, emit.number(1)), []
        for r in range(emit.lanes):
            row = b.select(b.icmp_signed("<", emit.number(r), height), emit.number(r), last)
            rows.append(b.fmul(emit.masked_load(emit.at(source, b.mul(a_row, row)), mask), factor))
        for r, row in enumerate(_turned(emit, rows)):
            b.store(row, emit.at(target, b.mul(out_row, emit.number(r))), align=emit.bytes)
        return context.get_dummy_value()

    return result, codegen


def _turned(emit, rows):
    count, step = emit.lanes, emit.lanes // 2
    while step:
        upper = [lane if not lane & step else count + lane - step for lane in range(count)]
        lower = [lane + step if not lane & step else count + lane for lane in range(count)]
        kind = ir.VectorType(ir.IntType(32), count)
        for r in (r for r in range(count) if not r & step):
            pair = rows[r], rows[r + step]
            rows[r] = emit.builder.shuffle_vector(*pair, ir.Constant(kind, upper))
            rows[r + step] = emit.builder.shuffle_vector(*pair, ir.Constant(kind, lower))
        step //= 2
    return rows


# --- the twins, for the JIT switched off -----------------------------------------------------------

if config.DISABLE_JIT:

    def own_function():
        pass

    def load(array, offset):
        return _strided(array, offset, 1, 0, lanes(array.dtype))[0].copy()

    def store(array, offset, x):
        _strided(array, offset, 1, 0, lanes(array.dtype))[0] = x

    def spread(number):
        return np.full(lanes(number.dtype), number)

    def maximum(x, y):
        return np.where(x > y, x, y)

    def exp(x):
        smallest = (1 - EXP[x.itemsize * 8][-1]) * math.log(2)
        return np.where(x < smallest, x.dtype.type(0), np.exp(x))

    def tile_within(rows, vectors, a, a_offset, a_row, a_k, b, b_offset, b_k,
                    c, c_offset, c_row, height, width, depth, accumulate):  # fmt: skip
        height, width = min(rows, height), min(vectors * lanes(c.dtype), width)
        product = _strided(a, a_offset, height, a_row, depth, a_k) @ _strided(b, b_offset, depth, b_k, width)
        out = _strided(c, c_offset, height, c_row, width)
        out[...] = product + out if accumulate else product

    def transpose(a, a_offset, a_row, height, width, factor, out, out_offset, out_row):
        side = lanes(a.dtype)
        height, width = min(side, height), min(side, width)
        rows = _strided(a, a_offset, height, a_row, width) * factor
        turned = _strided(out, out_offset, side, out_row, side)
        turned[...] = 0
        turned[:width, :height], turned[:width, height:] = rows.T, rows[-1][:, None]
