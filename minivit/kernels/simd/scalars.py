"""Pieces of exp, and the larger of two, for scalars: in a loop, LLVM makes each of them one or a
few instructions on whole vectors."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from .vectors import instruction

# For exp(n ln 2 + r), |r| <= ln(2)/2: ln 2 in two parts, of which n times the first is exact; and
# the coefficients, from the constant up, of a minimax polynomial for (exp(r) - 1 - r) / r^2, with
# which exp(r) has a relative error of 3e-9 and 8e-18.
EXP = {
    32: ((0.693359375, -2.12194440054690581e-4),
         (0.4999999337, 0.1666652015, 0.0416683893, 0.008368784801, 0.001381525096)),
    64: ((6.93147180369123816490e-01, 1.90821492927058770002e-10),
         (0.500000000000001, 0.16666666666666674, 0.04166666666652095, 0.008333333333322127,
          0.0013888888948140007, 0.00019841269886836392, 2.4801486965350888e-05,
          2.7557242059340425e-06, 2.7632791582662336e-07, 2.5110154340462048e-08)),
}  # fmt: skip


def _times_power_of_two(value, exponent):
    if not abs(exponent) < 10000:
        return value
    result = np.ldexp(value, int(exponent))
    return result if abs(result) >= np.finfo(result.dtype).tiny else result * 0


@instruction(_times_power_of_two)
def times_power_of_two(typingctx, value, exponent):
    """value * 2**exponent, added to the exponent's bits; exponent is a float that holds an integer.

    A result that is no normal number comes out wrong: look at the argument instead.
    """

    def codegen(context, b, signature, args):
        value, exponent = args
        bits, fraction = (32, 23) if signature.return_type == types.float32 else (64, 52)
        integer = ir.IntType(bits)
        shift = b.fptosi(exponent, ir.IntType(32))  # float64 too: AVX2 converts to no other
        shift = shift if bits == 32 else b.sext(shift, integer)
        shift = b.shl(shift, ir.Constant(integer, fraction))
        return b.bitcast(b.add(b.bitcast(value, integer), shift), value.type)

    return value(value, exponent), codegen


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
            total = b.fadd(b.fmul(total, args[0]), terms.pop())  # `contract` makes them one
        return total

    return x(x, coefficients), codegen


@instruction(np.maximum)
def larger(typingctx, a, b):
    """The larger of two floats, NaN if either is: a reduction that LLVM vectorises."""

    def codegen(context, builder, signature, args):
        kind, bits = args[0].type, 32 if signature.return_type == types.float32 else 64
        kinds = ir.FunctionType(kind, [kind, kind])
        maximum = cgutils.get_or_insert_function(builder.module, kinds, f"llvm.maximum.f{bits}")
        return builder.call(maximum, args)

    return a(a, b), codegen
