"""One vector register as a value: a `Vector` of LANES numbers lives in a kernel like any number.

    load(array, offset)       LANES neighbouring numbers          x + y, x - y, x * y, x / y
    store(array, offset, x)   puts them back                      maximum(x, y)
    spread(number)            the same number in every lane       exp(x)

Arithmetic is lane by lane, so that a loop over the rows of a block treats LANES columns at once
and never sums across a register. With the JIT off a Vector is a NumPy array of LANES numbers.
"""

import math
import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from .scalars import EXP
from .vectors import VECTOR_BYTES, Emitter, instruction, lanes, strided


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


def _arithmetic(operation, name):
    """Teach Numba `operation` on two vectors: one LLVM instruction."""

    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, arguments, keywords):
            x, y = arguments
            return signature(x, x, y) if isinstance(x, Vector) and x == y else None

    @lower_builtin(operation, Vector, Vector)
    def _lower(context, builder, sig, arguments):
        return getattr(builder, name)(*arguments, flags=("contract",))


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")


def _load(array, offset):
    return strided(array, offset, 1, 0, lanes(array.dtype))[0].copy()


@instruction(_load)
def load(typingctx, array, offset):
    """array[offset : offset + LANES]."""

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, array.dtype)
        return emit.load(emit.at(emit.pointer(array, args[0], args[1]), emit.number(0)))

    return Vector(array.dtype)(array, types.intp), codegen


def _store(array, offset, x):
    strided(array, offset, 1, 0, lanes(array.dtype))[0] = x


@instruction(_store)
def store(typingctx, array, offset, x):
    """array[offset : offset + LANES] = x."""

    def codegen(context, builder, sig, args):
        emit = Emitter(context, builder, array.dtype)
        emit.store(args[2], emit.at(emit.pointer(array, args[0], args[1]), emit.number(0)))
        return context.get_dummy_value()

    return types.void(array, types.intp, x), codegen


@instruction(lambda number: np.full(lanes(number.dtype), number))
def spread(typingctx, number):
    """The same number in every lane."""

    def codegen(context, builder, sig, args):
        return Emitter(context, builder, number).spread(args[0])

    return Vector(number)(number), codegen


@instruction(lambda x, y: np.where(x > y, x, y))
def maximum(typingctx, x, y):
    """The larger, lane by lane; y where either is NaN."""

    def codegen(context, builder, sig, args):
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return x(x, y), codegen


FRACTION = {32: 23, 64: 52}  # bits of a float's fraction
BIAS = {32: 127, 64: 1023}  # and of what its exponent is the excess


def _exp(x):
    smallest = (1 - BIAS[x.itemsize * 8]) * math.log(2)
    return np.where(x < smallest, x.dtype.type(0), np.exp(x))


@instruction(_exp)
def exp(typingctx, x):
    """exp(x) for x <= 0: 2**n exp(r), where x = n ln 2 + r.

    Errors, measured over all such x: 9e-8 in float32, 2.5e-16 in float64, relative. Below the
    smallest normal number and at -infinity it is 0; NaN stays NaN.

    Adding 1.5 * 2**(bits of the fraction) rounds x / ln 2 to the integer n and leaves n in the
    lowest bits of the sum; with the bias added too, a shift moves it into the exponent's place, and
    there stands 2**n.
    """
    bits = x.dtype.bitwidth
    (ln2_high, ln2_low), coefficients = EXP[bits]
    shift, smallest = 1.5 * 2.0 ** FRACTION[bits] + BIAS[bits], (1 - BIAS[bits]) * math.log(2)

    def codegen(context, b, sig, args):
        (value,), emit = args, Emitter(context, b, x.dtype)
        whole = ir.VectorType(ir.IntType(bits), emit.lanes)
        shifted = emit.multiply_add(value, emit.constant(1 / math.log(2)), emit.constant(shift))
        n = b.fsub(shifted, emit.constant(shift))
        r = emit.multiply_add(n, emit.constant(-ln2_high), value)
        r = emit.multiply_add(n, emit.constant(-ln2_low), r)
        y = emit.constant(coefficients[-1])
        for c in (*coefficients[-2::-1], 1.0, 1.0):
            y = emit.multiply_add(y, r, emit.constant(c))
        power = b.shl(b.bitcast(shifted, whole), emit.constant(FRACTION[bits], whole))
        y = b.fmul(y, b.bitcast(power, emit.vector))
        return b.select(b.fcmp_ordered("<", value, emit.constant(smallest)), emit.zeros, y)

    return x(x), codegen
