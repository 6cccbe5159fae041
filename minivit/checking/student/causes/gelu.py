"""Mistakes in GELU."""

import math

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.ops.gelu import TANH_CUBIC, TANH_SCALE, erf, gelu_backward, gelu_forward, normal_cdf

Y = "y = x Phi(x),   Phi(x) = (1 + erf(x / sqrt(2))) / 2"
TANH = "Phi(x) = (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2"
DX = "dx = dy (Phi(x) + x Phi'(x))"
DENSITY = "Phi'(x) = exp(-x^2 / 2) / sqrt(2 pi)"
TANH_DENSITY = "Phi'(x) = (1 - t^2) / 2 sqrt(2/pi) (1 + 3 0.044715 x^2)"
LIMITS = "What should y be for x = 10, for -10, and for 0? And what is it?"
CHAIN = "Derive tanh(u(x)) with pencil and paper: which factors come up? Look for each of them."
AREA = "Phi rises from 0 to 1. So what is the area under Phi', and what is the area under yours?"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def exact(at, mistake):
    """In the erf form alone."""
    return mistake(at.x) if at.form == "erf" else None


def approximate(at, mistake):
    """In the tanh form alone."""
    return mistake(at.x) if at.form == "tanh" else None


def short_erf(x):
    """Abramowitz and Stegun 1964, formula 7.1.26."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    series = np.polyval([1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592, 0], t)
    return np.sign(x) * (1 - series * np.exp(-x * x))


def tanh_of(at, inner):
    return approximate(at, lambda x: {"y": 0.5 * x * (1 + np.tanh(inner(x)))})


def slope(at, density, cdf=1, factor=None):
    """dx for another density Phi', or with factors that should be 1 and x."""
    factor = at.x if factor is None else factor
    return {"dx": at.dy * (cdf * normal_cdf(at.x, at.form) + factor * density(at.x))}


def density(at, x):
    return normal(x) if at.form == "erf" else tanh_density(x)


def normal(x):
    return np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def tanh_density(x, cubic=3 * TANH_CUBIC, power=2, half=0.5):
    t = 2 * normal_cdf(x, "tanh") - 1
    return half * (1 - t**power) * TANH_SCALE * (1 + cubic * x * x)


def exact_slope(at, mistaken):
    return exact(at, lambda x: slope(at, mistaken))


def tanh_slope(at, **mistaken):
    return approximate(at, lambda x: slope(at, lambda x: tanh_density(x, **mistaken)))


def slope_of_form(at, form, x=None):
    """dy times the slope of a form, at x or at another place."""
    _, cache = gelu_forward(at.x if x is None else x, form=form)
    return {"dx": gelu_backward(at.dy, cache)}


def sigmoid_slope(at):
    s = sigmoid(1.702 * at.x)
    return {"dx": at.dy * (s + 1.702 * at.x * s * (1 - s))}


def gelu_cause(name, sentence, hint, line, mistake):
    return Cause(f"gelu-{name}", sentence, hint, line, mistake)


GELU = [
    gelu_cause("root-of-two-forgotten", "erf is taken of x, not of x / sqrt(2)",
               "For x = 1 Phi should be 0.8413, from any table of the normal distribution.", Y,
               lambda at: exact(at, lambda x: {"y": 0.5 * x * (1 + erf(x))})),
    gelu_cause("one-forgotten", "Phi is erf / 2: 1 is not added to erf", LIMITS, Y,
               lambda at: {"y": at.x * (normal_cdf(at.x, at.form) - 0.5)}),
    gelu_cause("x-forgotten", "y is Phi(x), not x Phi(x)", LIMITS, Y,
               lambda at: {"y": normal_cdf(at.x, at.form)}),
    gelu_cause("tanh-for-erf", "y is the tanh approximation, where the exact form is asked for",
               "Which form is the default? Compare y with the exact one at x = 2.", Y,
               lambda at: exact(at, lambda x: {"y": gelu_forward(x, form="tanh")[0]})),
    gelu_cause("sigmoid-approximation", "y is x sigmoid(1.702 x), another approximation of GELU",
               "Which forms does the op offer? Compare y with the exact one at x = 2.", Y,
               lambda at: {"y": at.x * sigmoid(1.702 * at.x)}),
    gelu_cause("silu", "y is x sigmoid(x), which is SiLU",
               "Phi is the normal distribution's: what is Phi(1), and what is sigmoid(1)?", Y,
               lambda at: {"y": at.x * sigmoid(at.x)}),
    gelu_cause("erf-approximated", "erf is a formula with an error of 1e-7, that of Abramowitz and "
               "Stegun", "To how many digits is your erf right? Compare it with math.erf.", Y,
               lambda at: exact(at, lambda x: {"y": 0.5 * x * (1 + short_erf(x / math.sqrt(2)))})),
    gelu_cause("relu", "y is max(x, 0), which is ReLU", "What should y be for x = -1?", Y,
               lambda at: {"y": np.maximum(at.x, 0)}),
    gelu_cause("cubic-forgotten", "in the tanh form 0.044715 x^3 is missing",
               "Compare y of both forms at x = 2: they should differ by 0.0003.", TANH,
               lambda at: tanh_of(at, lambda x: TANH_SCALE * x)),
    gelu_cause("cubic-outside-the-root", "in the tanh form sqrt(2/pi) multiplies x alone, not x^3",
               "Mind the brackets of the formula: what does each factor multiply?", TANH,
               lambda at: tanh_of(at, lambda x: TANH_SCALE * x + TANH_CUBIC * x**3)),
    gelu_cause("root-of-two-over-pi-forgotten", "in the tanh form 2/pi stands for its root",
               "The slope of Phi at 0 should be 0.3989: what is it in your form?", TANH,
               lambda at: tanh_of(at, lambda x: 2 / math.pi * (x + TANH_CUBIC * x**3))),
    gelu_cause("product-rule-forgotten", "dx is dy Phi(x): what comes through Phi is missing",
               "y = x Phi(x) is a product: in how many places does x stand?", DX,
               lambda at: slope(at, lambda x: 0 * x)),
    gelu_cause("cdf-forgotten", "dx is dy x Phi'(x): what comes through x itself is missing",
               "y = x Phi(x) is a product: in how many places does x stand?", DX,
               lambda at: slope(at, lambda x: density(at, x), cdf=0)),
    gelu_cause("density-without-x", "Phi'(x) is added to Phi(x) without its factor x",
               "What does the product rule say of x Phi(x)?", DX,
               lambda at: slope(at, lambda x: density(at, x), factor=1)),
    gelu_cause("tanh-derivative-for-erf", "the exact form has the slope of the tanh form",
               "Which Phi did the forward use, and of which one is this the derivative?", DX,
               lambda at: exact(at, lambda x: slope_of_form(at, "tanh"))),
    gelu_cause("erf-derivative-for-tanh", "the tanh form has the slope of the exact form",
               "Which Phi did the forward use, and of which one is this the derivative?", DX,
               lambda at: approximate(at, lambda x: slope_of_form(at, "erf"))),
    gelu_cause("density-not-normalised", "Phi' is not divided by sqrt(2 pi)", AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: np.exp(-0.5 * x * x))),
    gelu_cause("density-divided-by-root-pi", "Phi' is divided by sqrt(pi), not by sqrt(2 pi)",
               AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: normal(x) * math.sqrt(2))),
    gelu_cause("density-divided-by-two-pi", "Phi' is divided by 2 pi, not by its root",
               AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: normal(x) / math.sqrt(2 * math.pi))),
    gelu_cause("density-half-forgotten", "Phi' has exp(-x^2) where exp(-x^2 / 2) belongs",
               AREA, DENSITY,
               lambda at: exact_slope(at, lambda x: np.exp(-x * x) / math.sqrt(2 * math.pi))),
    gelu_cause("inner-derivative-forgotten", "the derivative of x + 0.044715 x^3 is missing",
               CHAIN, TANH_DENSITY, lambda at: tanh_slope(at, cubic=0)),
    gelu_cause("three-forgotten", "the 3 of the derivative of x^3 is missing",
               CHAIN, TANH_DENSITY, lambda at: tanh_slope(at, cubic=TANH_CUBIC)),
    gelu_cause("tanh-not-squared", "1 - t stands where tanh's slope 1 - t^2 belongs",
               CHAIN, TANH_DENSITY, lambda at: tanh_slope(at, power=1)),
    gelu_cause("half-forgotten-in-the-density", "the 1/2 of Phi is missing in its derivative",
               CHAIN, DX, lambda at: slope(at, lambda x: 2 * density(at, x))),
    gelu_cause("slope-at-y", "the slope is taken at y, where it belongs to x",
               "Which of the forward's numbers did the bend get, and which did it return?", DX,
               lambda at: slope_of_form(at, at.form, at.output)),
    gelu_cause("y-for-the-slope", "dy is multiplied by y, not by the slope of y",
               "By how much does y change when x changes a little?", DX,
               lambda at: {"dx": at.dy * at.output}),
    gelu_cause("slope-forgotten", "dy goes back as if GELU were not there",
               "Go through the forward from its last line up. Has each one its derivative?",
               DX, lambda at: {"dx": at.dy}),
    gelu_cause("slope-of-relu", "dy is let through where x > 0, which is ReLU's slope",
               "What is the slope of y at x = -1? And at 0?", DX,
               lambda at: {"dx": at.dy * (at.x > 0)}),
    gelu_cause("slope-of-the-sigmoid-form", "the slope is that of x sigmoid(1.702 x)",
               "Which Phi did the forward use, and of which one is this the derivative?", DX,
               sigmoid_slope),
]  # fmt: skip
