"""exp and GELU of a number, so written that LLVM vectorises a loop that calls them.

    exp(x)              2^n exp(r), where x = n ln 2 + r (see simd/exponential.py, which also has
                        the form for a register, `vector_exp`)
    gelu_erf(x)         x Phi(x), and its slope Phi(x) + x Phi'(x), where Phi is the standard normal
                        distribution
    gelu_erf_value(x)   x Phi(x) alone: in float32 without an exponential, a fifth faster
    gelu_tanh(x)        x s, and its slope s + x s (1 - s) 2u', where s = 1/(1 + exp(-2u)) and
                        u = sqrt(2/pi) (x + 0.044715 x^3)

GELU is calculated at -a, where a = |x|, so that nothing cancels. With the tail there, which is
Phi(-a) or the smaller of s and 1 - s, the value at x is max(x, 0) - a tail; the slope at a is 1
less that at -a. `a` is cut off where the tail becomes 0, for infinity times 0 would be NaN.

No branches, no tables, no calls: a vector of results takes some 16 instructions for exp, 25 for a
GELU, 18 for its value alone. Call them in a loop of unit stride whose index counts from 0 or is
unsigned: Numba tests whether another is negative, and then nothing is vectorised. The type of x
chooses the polynomials.

Errors, measured over the whole range, in float32 and float64: exp 9e-8 and 2e-16 relative; Phi
1.2e-7 and 3e-16 absolute, in gelu_erf_value 2.5e-7 and 3e-16 (near x = -6 as large as Phi itself);
slopes 1.5e-7 and 4e-16 absolute. exp is 0 where its result is below the smallest normal number, inf
where it is above the largest.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from .compiling import jit
from .simd import EXP_COEFFICIENTS, LN2, ldexp, polynomial

# Without `reassoc`: n * ln2_high and n * ln2_low must be subtracted one after the other.
EXACT = {"contract", "nsz"}


def _exp_for(real, bits, limits):
    """exp for one type; `limits`: for x below the first it is 0, above the second inf."""
    # Numba takes a NumPy scalar as a constant of just that type, so float32 work stays in float32.
    log2_e, zero, half, one, infinity = map(real, (1 / math.log(2), 0, 0.5, 1, math.inf))
    ln2_high, ln2_low = map(real, LN2[bits])
    smallest, largest = map(real, limits)
    coefficients = tuple(real(c) for c in EXP_COEFFICIENTS[bits])

    @jit(fastmath=EXACT)
    def exp(x):
        n = np.floor(x * log2_e + half)
        r = x - n * ln2_high - n * ln2_low
        y = ldexp(one + (r + r * r * polynomial(r, coefficients)), n)
        y = zero if x < smallest else y
        return infinity if x > largest else y

    return exp


def _exp2_for(real, coefficients):
    """2**x for one type, x from 0 down to where it is 0; 2**r = 1 + r polynomial(r)."""
    one = real(1)
    coefficients = tuple(real(c) for c in coefficients)

    @jit(fastmath=EXACT)
    def exp2(x):
        n = np.rint(x)
        r = x - n
        return (one + r * polynomial(r, coefficients)) * ldexp(one, n)

    return exp2


def _gelu_erf_for(real, exp2, farthest, bend, coefficients):
    """GELU for one type, after Hastings (1955): Phi(-a) = 2^(-t^2) polynomial(s).

    t^2 = log2(e) a^2 / 2 and s = t/(1 + bend t); beyond a = farthest, 2^(-t^2) is 0.
    """
    one, zero, farthest, bend = real(1), real(0), real(farthest), real(bend)
    to_t, density_at_0 = real(math.sqrt(0.5 / math.log(2))), real(1 / math.sqrt(2 * math.pi))
    coefficients = tuple(real(c) for c in coefficients)

    @jit(fastmath=EXACT)
    def gelu(x):
        a = abs(x)
        a = farthest if a > farthest else a
        t = to_t * a
        bell = exp2(-t * t)
        tail = bell * polynomial(t / (one + bend * t), coefficients)
        slope = tail - a * (density_at_0 * bell)
        return (zero if x < zero else x) - a * tail, one - slope if x > zero else slope

    return gelu


def _gelu_erf_value_for(real, farthest, coefficients):
    """x Phi(x) for one type: Phi(-a) = 1/2 polynomial(a)^-4, which beyond `farthest` is 0.

    Abramowitz and Stegun (1964), 7.1.28, have the power -16, which rounds worse.
    """
    zero, half, farthest = real(0), real(0.5), real(farthest)
    coefficients = tuple(real(c) for c in coefficients)

    @jit(fastmath=EXACT)
    def value(x):
        a = abs(x)
        a = farthest if a > farthest else a
        root = polynomial(a, coefficients)
        square = root * root
        tail = half / (square * square)
        return (zero if x < zero else x) - a * tail

    return value


def _gelu_tanh_for(real, exp2, farthest):
    """GELU's tanh form for one type, from the logistic function of -2u, beyond `farthest` 0."""
    one, zero, three, farthest = real(1), real(0), real(3), real(farthest)
    linear = real(2 * math.sqrt(2 / math.pi))  # 2u = x (linear + cubic x^2)
    cubic = real(0.044715) * linear
    # exp(-2u) as a power of 2
    linear_2, cubic_2 = -linear / real(math.log(2)), -cubic / real(math.log(2))

    @jit(fastmath=EXACT)
    def gelu(x):
        a = abs(x)
        a = farthest if a > farthest else a
        power = a * (linear_2 + cubic_2 * (a * a))
        e = exp2(power)
        larger = one / (one + e)
        smaller = e * larger  # the two are s and 1 - s
        slope = smaller - a * (larger * smaller) * (linear + three * cubic * (a * a))
        return (zero if x < zero else x) - a * smaller, one - slope if x > zero else slope

    return gelu


_exp_float32 = _exp_for(np.float32, 32, (-87.33654, 88.72283))
_exp_float64 = _exp_for(np.float64, 64, (-708.396418532264, 709.782712893384))

# Minimax fits, the constant first. The relative errors of 2**r: 9e-8 and 3e-18.
_exp2_float32 = _exp2_for(
    np.float32,
    (0.6931469747078114, 0.24022240419892685, 0.05550736482521233, 0.009671625126426532,
     0.0013264308484505904))  # fmt: skip
_exp2_float64 = _exp2_for(
    np.float64,
    (0.6931471805599453, 0.24022650695910133, 0.05550410866482007, 0.009618129107593845,
     0.0013333558146777318, 0.00015403530457494595, 1.5252733491336714e-05, 1.3215435076289905e-06,
     1.0178199993732761e-07, 7.073820977169164e-09, 4.434754674840778e-10))  # fmt: skip

# The absolute errors of Phi's tail: 1.3e-8 and 4e-17.
_erf_float32 = _gelu_erf_for(
    np.float32, _exp2_float32, 13.27, 0.368,
    (0.5, -0.4697185168, 0.1737103847, -0.02553888714, -0.002270449041, 0.00093323001))  # fmt: skip
_erf_float64 = _gelu_erf_for(
    np.float64, _exp2_float64, 37.66, 0.29435250562886867275,
    (0.5, -0.4697186393498147, 0.2083107318462213, -0.053724509784897255, 0.00654560866783488,
     0.000232374085578056, -0.00013600122353265776, -4.661770109970668e-06, 3.0278710417974973e-06,
     3.195948114554502e-07, -7.433464601452242e-08, -1.3604781879762547e-09,
     -6.1194032779733115e-09, 2.1621266512921194e-09, -1.938858413275993e-10))  # fmt: skip

# The absolute error of Phi's tail: 2.5e-8.
_erf_value_float32 = _gelu_erf_value_for(
    np.float32, 40.0,
    (1.0, 0.19947029650211334, 0.0994889885187149, 0.026164071634411812, 0.0058058444410562515,
     0.0007296829135157168, 0.0009841549908742309, -0.0004125263658352196, 0.0001843145291786641,
     -3.638656562543474e-05, 3.908686267095618e-06))  # fmt: skip


@jit(fastmath=EXACT)
def _erf_value_float64(x):
    return _erf_float64(x)[0]  # a polynomial as for float32 would be too long


_tanh_float32 = _gelu_tanh_for(np.float32, _exp2_float32, 10.0311)
_tanh_float64 = _gelu_tanh_for(np.float64, _exp2_float64, 21.1527)


def exp(x):
    """e**x of a number."""
    return (_exp_float32 if isinstance(x, np.float32) else _exp_float64)(x)


def gelu_erf(x):
    """(x Phi(x), its slope)."""
    return (_erf_float32 if isinstance(x, np.float32) else _erf_float64)(x)


def gelu_erf_value(x):
    """x Phi(x)."""
    return (_erf_value_float32 if isinstance(x, np.float32) else _erf_value_float64)(x)


def gelu_tanh(x):
    """(x (1 + tanh u)/2, its slope)."""
    return (_tanh_float32 if isinstance(x, np.float32) else _tanh_float64)(x)


def _compiled(function, for_float32, for_float64):
    """In compiled code the same choice is made once, by the type of x, while compiling."""

    @overload(function)
    def choose(x):
        chosen = for_float32 if x == types.float32 else for_float64
        return lambda x: chosen(x)


_compiled(exp, _exp_float32, _exp_float64)
_compiled(gelu_erf, _erf_float32, _erf_float64)
_compiled(gelu_erf_value, _erf_value_float32, _erf_value_float64)
_compiled(gelu_tanh, _tanh_float32, _tanh_float64)
