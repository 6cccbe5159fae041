"""One vector register as a value: a `Vector` of LANES numbers lives in a kernel like any number.

    load(array, offset)       LANES neighbouring numbers          x + y, x - y, x * y, x / y
    store(array, offset, x)   puts them back                      vector_maximum(x, y)
    broadcast(number)         the same number in every lane       vector_exp(x) (exponential.py)

Arithmetic is lane by lane, so that a loop over the rows of a matrix treats LANES columns at once
and never sums across a register. With the JIT off a Vector is a NumPy array of LANES numbers.
"""

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from .emitter import VECTOR_BYTES, Emitter, instruction, lanes, strided


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
def broadcast(typingctx, number):
    """The same number in every lane."""

    def codegen(context, builder, sig, args):
        return Emitter(context, builder, number).broadcast(args[0])

    return Vector(number)(number), codegen


@instruction(lambda x, y: np.where(x > y, x, y))
def vector_maximum(typingctx, x, y):
    """The larger, lane by lane; y where either is NaN."""

    def codegen(context, builder, sig, args):
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return x(x, y), codegen
