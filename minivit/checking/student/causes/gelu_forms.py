"""More mistakes in GELU: wrong constants, lost brackets, factors of the chain rule."""

import math

import numpy as np

from minivit.checking.student.causes.gelu import (
    AREA,
    CHAIN,
    DENSITY,
    DX,
    GELU,
    LIMITS,
    TANH,
    TANH_DENSITY,
    Y,
    approximate,
    density,
    exact,
    exact_slope,
    gelu_cause,
    sigmoid,
    slope,
    tanh_density,
    tanh_of,
    tanh_slope,
)
from minivit.ops.gelu import TANH_CUBIC, TANH_SCALE, erf, normal_cdf

PRODUCT = "What does the product rule say of x Phi(x)? Compare it term by term."
TABLE = "For x = 1 Phi should be 0.8413, from any table of the normal distribution."
COEFFICIENTS = [0.0044715, 0.004715, 0.04, 0.044, 0.0447, 0.0455, 0.04471, 0.04475, 0.04715,
                0.04417, 0.044175, 0.045, 0.0477, 0.44715, 0.4715, 0.44, 0.1, 1,
                3 * TANH_CUBIC]  # fmt: skip
SCALES = {"sqrt(pi/2)": math.sqrt(math.pi / 2), "sqrt(2)/pi": math.sqrt(2) / math.pi,
          "sqrt(2 pi)": math.sqrt(2 * math.pi),
          "sqrt(1/pi)": math.sqrt(1 / math.pi), "2/sqrt(pi)": 2 / math.sqrt(math.pi),
          "sqrt(2)": math.sqrt(2), "1/sqrt(2)": math.sqrt(0.5), "pi/2": math.pi / 2}  # fmt: skip
ARGUMENTS = {"x sqrt(2)": math.sqrt(2), "x / 2": 0.5, "x / sqrt(pi)": 1 / math.sqrt(math.pi),
             "x / sqrt(2 pi)": 1 / math.sqrt(2 * math.pi), "2 x": 2}  # fmt: skip


def cubic(x, coefficient=TANH_CUBIC, power=3):
    return TANH_SCALE * (x + coefficient * x**power)


def phi(at):
    return normal_cdf(at.x, at.form)


def with_cdf(at, cdf):
    """dx of another Phi, whose slope is the right one."""
    return {"dx": at.dy * (cdf + at.x * density(at, at.x))}


def erf_of(at, inner):
    return exact(at, lambda x: {"y": 0.5 * x * (1 + erf(inner(x)))})


def silu_slope(at):
    s = sigmoid(at.x)
    return {"dx": at.dy * (s + at.x * s * (1 - s))}


def with_a_plus(x):
    """Phi' with 1 + t^2."""
    return 0.5 * (1 + np.tanh(cubic(x)) ** 2) * TANH_SCALE * (1 + 3 * TANH_CUBIC * x * x)


FORWARD = [
    gelu_cause("half-forgotten", "the 1/2 of Phi is missing", LIMITS, Y,
               lambda at: {"y": 2 * at.output}),
    gelu_cause("half-of-one-term", "in Phi 1/2 multiplies the 1 alone, or the other term alone",
               LIMITS, Y, lambda at: {"y": at.x * (2 * phi(at) - 0.5)}),
    gelu_cause("half-of-one-term", "in Phi 1/2 multiplies the 1 alone, or the other term alone",
               LIMITS, Y, lambda at: {"y": at.x * (phi(at) + 0.5)}),
    gelu_cause("cdf-turned-over", "Phi is the chance of a larger number: 1 - erf or 1 - tanh",
               LIMITS, Y, lambda at: {"y": at.x * (1 - phi(at))}),
    gelu_cause("bracket-lost", "x multiplies the 1 of 1 + erf alone, not erf",
               "Mind the brackets of the formula: what does each factor multiply?", Y,
               lambda at: {"y": 0.5 * at.x + phi(at) - 0.5}),
    gelu_cause("density-for-the-cdf", "y is x times the normal density, not times Phi(x)", LIMITS,
               Y, lambda at: {"y": at.x * density(at, at.x)}),
    gelu_cause("x-squared", "y is x^2 Phi(x): x is multiplied in twice", LIMITS, Y,
               lambda at: {"y": at.x * at.output}),
    *(gelu_cause("erf-of-another-multiple", f"erf is taken of {words}, not of x / sqrt(2)", TABLE,
                 Y, lambda at, factor=factor: erf_of(at, lambda x: factor * x))
      for words, factor in ARGUMENTS.items()),
    gelu_cause("tanh-of-the-root", "tanh(x / sqrt(2)) stands where erf(x / sqrt(2)) belongs", TABLE,
               Y, lambda at: exact(at, lambda x: {"y": x * (1 + np.tanh(x / math.sqrt(2))) / 2})),
    gelu_cause("tanh-of-x", "tanh(x) stands in the place of erf, or of the tanh of a cubic", TABLE,
               Y, lambda at: {"y": at.x * (1 + np.tanh(at.x)) / 2}),
    gelu_cause("square-for-the-cube", "in the tanh form x^2 stands where x^3 belongs",
               "tanh(u) should be odd: what is u at -x?", TANH,
               lambda at: tanh_of(at, lambda x: cubic(x, power=2))),
    gelu_cause("cubic-subtracted", "in the tanh form 0.044715 x^3 is taken off, not added",
               "Compare y of both forms at x = 2: they should differ by 0.0003.", TANH,
               lambda at: tanh_of(at, lambda x: cubic(x, -TANH_CUBIC))),
    *(gelu_cause("cubic-coefficient", f"in the tanh form {c:.6g} stands before x^3",
                 "Compare the constant with the formula, digit by digit.", TANH,
                 lambda at, c=c: tanh_of(at, lambda x: cubic(x, c))) for c in COEFFICIENTS),
    *(gelu_cause("scale-of-the-tanh", f"in the tanh form {words} stands for sqrt(2/pi)",
                 "The slope of Phi at 0 should be 0.3989: what is it in your form?", TANH,
                 lambda at, c=c: tanh_of(at, lambda x: c / TANH_SCALE * cubic(x)))
      for words, c in SCALES.items()),
    gelu_cause("scale-of-the-tanh-forgotten", "in the tanh form sqrt(2/pi) is missing",
               "The slope of Phi at 0 should be 0.3989: what is it in your form?", TANH,
               lambda at: tanh_of(at, lambda x: cubic(x) / TANH_SCALE)),
    gelu_cause("tanh-forgotten", "in the tanh form what is in the tanh is not sent through it",
               LIMITS, TANH, lambda at: approximate(at, lambda x: {"y": x * (1 + cubic(x)) / 2})),
    gelu_cause("sigmoid-for-the-tanh", "in the tanh form a sigmoid of the same number is Phi",
               "Which sigmoid is (1 + tanh(u)) / 2? Try u = 1.", TANH,
               lambda at: approximate(at, lambda x: {"y": x * sigmoid(cubic(x))})),
]  # fmt: skip
BACKWARD = [
    gelu_cause("density-halved", "Phi' is halved twice", AREA, DENSITY,
               lambda at: slope(at, lambda x: density(at, x) / 2)),
    gelu_cause("half-forgotten-in-the-backward", "the 1/2 of Phi is missing in the backward",
               PRODUCT, DX, lambda at: with_cdf(at, 2 * phi(at))),
    gelu_cause("one-forgotten-in-the-backward", "in the backward 1 is not added to erf or tanh",
               PRODUCT, DX, lambda at: with_cdf(at, phi(at) - 0.5)),
    gelu_cause("one-for-the-cdf", "dx has 1 in the place of Phi(x)", PRODUCT, DX,
               lambda at: with_cdf(at, 1)),
    gelu_cause("y-for-the-cdf", "dx has y = x Phi(x) in the place of Phi(x)", PRODUCT, DX,
               lambda at: with_cdf(at, at.output)),
    gelu_cause("density-alone", "dx is dy Phi'(x)", PRODUCT, DX,
               lambda at: {"dx": at.dy * density(at, at.x)}),
    gelu_cause("density-subtracted", "x Phi'(x) is taken off Phi(x), not added", PRODUCT, DX,
               lambda at: slope(at, lambda x: -density(at, x))),
    gelu_cause("density-times-x-squared", "Phi'(x) is multiplied by x twice", PRODUCT, DX,
               lambda at: slope(at, lambda x: x * density(at, x))),
    gelu_cause("density-times-y", "Phi'(x) is multiplied by y, not by x", PRODUCT, DX,
               lambda at: slope(at, lambda x: density(at, x), factor=at.output)),
    gelu_cause("slope-of-silu", "the slope is that of x sigmoid(x)",
               "Which Phi did the forward use, and of which one is this the derivative?", DX,
               silu_slope),
    gelu_cause("density-not-squared", "Phi' has exp(-x / 2) or exp(-|x| / 2), without a square",
               AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: np.exp(-x / 2) / math.sqrt(2 * math.pi))),
    gelu_cause("density-not-squared", "Phi' has exp(-x / 2) or exp(-|x| / 2), without a square",
               AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: np.exp(-abs(x) / 2) / math.sqrt(2 * math.pi))),
    gelu_cause("density-rises", "Phi' has exp(x^2 / 2): the sign is missing", AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: np.exp(x * x / 2) / math.sqrt(2 * math.pi))),
    gelu_cause("derivative-of-erf-at-x", "the derivative of erf is taken at x, not at x / sqrt(2)",
               AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: np.exp(-x * x) / math.sqrt(math.pi))),
    gelu_cause("derivative-of-erf-at-x", "the derivative of erf is taken at x, not at x / sqrt(2)",
               AREA, DENSITY, lambda at: exact_slope(
                   at, lambda x: np.exp(-x * x) / math.sqrt(math.pi) / math.sqrt(2))),
    gelu_cause("tanh-for-its-slope", "Phi' has t where tanh's slope 1 - t^2 belongs", CHAIN,
               TANH_DENSITY, lambda at: approximate(at, lambda x: slope(
                   at, lambda x: tanh_density(x) * (t := np.tanh(cubic(x))) / (1 - t * t)))),
    gelu_cause("slope-of-tanh-forgotten", "Phi' lacks tanh's slope 1 - t^2", CHAIN, TANH_DENSITY,
               lambda at: approximate(at, lambda x: slope(
                   at, lambda x: 0.5 * TANH_SCALE * (1 + 3 * TANH_CUBIC * x * x)))),
    gelu_cause("root-forgotten-in-the-density", "the factor sqrt(2/pi) is missing in Phi'",
               CHAIN, TANH_DENSITY, lambda at: approximate(
                   at, lambda x: slope(at, lambda x: tanh_density(x) / TANH_SCALE))),
    gelu_cause("whole-inner-derivative-forgotten",
               "the derivative of what is in the tanh is missing", CHAIN, TANH_DENSITY,
               lambda at: approximate(at, lambda x: slope(
                   at, lambda x: 0.5 * (1 - np.tanh(cubic(x)) ** 2)))),
    gelu_cause("cube-not-derived", "3 x^2, the derivative of x^3, is 3 x, x^3 or 3 x^3", CHAIN,
               TANH_DENSITY, lambda at: tanh_slope(at, cubic=3 * TANH_CUBIC / at.x)),
    gelu_cause("cube-not-derived", "3 x^2, the derivative of x^3, is 3 x, x^3 or 3 x^3", CHAIN,
               TANH_DENSITY, lambda at: tanh_slope(at, cubic=TANH_CUBIC * at.x)),
    gelu_cause("cube-not-derived", "3 x^2, the derivative of x^3, is 3 x, x^3 or 3 x^3", CHAIN,
               TANH_DENSITY, lambda at: tanh_slope(at, cubic=3 * TANH_CUBIC * at.x)),
    gelu_cause("two-for-three", "the derivative of x^3 has a 2 where its 3 belongs", CHAIN,
               TANH_DENSITY, lambda at: tanh_slope(at, cubic=2 * TANH_CUBIC)),
    gelu_cause("cubic-without-its-coefficient", "0.044715 is missing in the derivative", CHAIN,
               TANH_DENSITY, lambda at: tanh_slope(at, cubic=3)),
    gelu_cause("one-plus-the-square", "tanh's slope is taken for 1 + t^2", CHAIN, TANH_DENSITY,
               lambda at: approximate(at, lambda x: slope(at, with_a_plus))),
]  # fmt: skip
CAUSES = {"gelu": GELU + FORWARD + BACKWARD}
