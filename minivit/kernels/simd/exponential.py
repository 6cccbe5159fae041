"""exp of a register, and what both forms of exp are made of.

    exp(n ln 2 + r) = 2^n exp(r)          exp(r) = 1 + r + r^2 polynomial(r),    |r| <= ln(2)/2

`vector_exp`, here, takes a register and is for attention, whose scores already lie in registers.
`elementary.exp` takes a number and is called in loops, which LLVM vectorises. Both use the
constants below.
"""

import math

import numpy as np
from llvmlite import ir
from numba import types

from .emitter import Emitter, instruction

# For the bits of a type: ln 2 in two parts, of which n times the first is exact.
LN2 = {
    32: (0.693359375, -2.12194440054690581e-4),
    64: (6.93147180369123816490e-01, 1.90821492927058770002e-10),
}

# Minimax fits, the constant first. The relative errors of exp(r): 3e-9 and 8e-18.
EXP_COEFFICIENTS = {
    32: (0.4999999337, 0.1666652015, 0.0416683893, 0.008368784801, 0.001381525096),
    64: (0.500000000000001, 0.16666666666666674, 0.04166666666652095, 0.008333333333322127,
         0.0013888888948140007, 0.00019841269886836392, 2.4801486965350888e-05,
         2.7557242059340425e-06, 2.7632791582662336e-07, 2.5110154340462048e-08),
}  # fmt: skip

FRACTION = {32: 23, 64: 52}  # bits of a float's fraction; above them lie those of its exponent
BIAS = {32: 127, 64: 1023}  # added to the exponent before it is stored


def _ldexp(value, exponent):
    if not abs(exponent) < 10000:
        return value
    result = np.ldexp(value, int(exponent))
    return result if abs(result) >= np.finfo(result.dtype).tiny else result * 0


@instruction(_ldexp)
def ldexp(typingctx, value, exponent):
    """value * 2**exponent for numbers; the exponent is a float that holds an integer.

    It is added to the bits of the value's own exponent. A result that is no normal number comes out
    wrong: the caller must look at the argument.
    """

    def codegen(context, b, signature, args):
        value, exponent = args
        bits = 32 if signature.return_type == types.float32 else 64
        integer = ir.IntType(bits)
        shift = b.fptosi(exponent, ir.IntType(32))  # float64 too: AVX2 converts to no other
        shift = shift if bits == 32 else b.sext(shift, integer)
        shift = b.shl(shift, ir.Constant(integer, FRACTION[bits]))
        return b.bitcast(b.add(b.bitcast(value, integer), shift), value.type)

    return value(value, exponent), codegen


def _vector_exp(x):
    smallest = (1 - BIAS[x.itemsize * 8]) * math.log(2)
    return np.where(x < smallest, x.dtype.type(0), np.exp(x))


@instruction(_vector_exp)
def vector_exp(typingctx, x):
    """exp(x) for a register whose numbers are all <= 0.

    Relative errors, measured over all such x: 9e-8 in float32, 2.5e-16 in float64. A result below
    the smallest normal number is 0; NaN stays NaN.

    1.5 * 2**FRACTION is added to x / ln 2: that rounds it to the integer n, and leaves n in the
    lowest bits of the sum. BIAS is added with it, so that these bits, shifted into the exponent's
    place, are the float 2**n.
    """
    bits = x.dtype.bitwidth
    (ln2_high, ln2_low), coefficients = LN2[bits], EXP_COEFFICIENTS[bits]
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
