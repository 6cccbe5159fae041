"""A polynomial, the larger of two numbers, the nearest bfloat16: LLVM vectorises a loop of them."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from minivit.ops.product import LOST, rounded

from .emitter import instruction


def _polynomial(x, coefficients):
    total = coefficients[-1]
    for term in coefficients[-2::-1]:
        total = total * x + term
    return total


@instruction(_polynomial)
def polynomial(typingctx, x, coefficients):
    """c0 + x (c1 + x (c2 + ...)) for a tuple of constants of x's type, unrolled."""

    def codegen(context, b, signature, args):
        terms = cgutils.unpack_tuple(b, args[1])
        total = terms.pop()
        while terms:
            total = b.fadd(b.fmul(total, args[0]), terms.pop())  # fused, by `contract`
        return total

    return x(x, coefficients), codegen


@instruction(np.maximum)
def maximum(typingctx, a, b):
    """The larger of two floats, NaN if either is: a reduction that LLVM vectorises."""

    def codegen(context, builder, signature, args):
        kind, bits = args[0].type, 32 if signature.return_type == types.float32 else 64
        kinds = ir.FunctionType(kind, [kind, kind])
        largest = cgutils.get_or_insert_function(builder.module, kinds, f"llvm.maximum.f{bits}")
        return builder.call(largest, args)

    return a(a, b), codegen


@instruction(lambda x: rounded(np.asarray(x))[()])
def nearest_bfloat16(typingctx, x):
    """The twin of `rounded` in minivit.ops.product, for one number."""

    def codegen(context, b, signature, args):
        (number,) = args
        whole = ir.IntType(x.bitwidth)
        lost = LOST[x.bitwidth // 8]
        bits = b.bitcast(number, whole)
        odd = b.and_(b.lshr(bits, whole(lost)), whole(1))
        raised = b.add(b.add(bits, whole((1 << lost - 1) - 1)), odd)
        nearest = b.and_(raised, whole(-(1 << lost)))
        is_nan = b.fcmp_unordered("uno", number, number)
        return b.select(is_nan, number, b.bitcast(nearest, number.type))

    return x(x), codegen
