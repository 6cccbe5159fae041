"""GELU: x times the chance that a standard normal variable is smaller than x.

    gelu(x) = x Phi(x),   Phi(x) = (1 + erf(x / sqrt(2))) / 2

(Hendrycks and Gimpel 2016. The "tanh" form is their approximation, and what Google's ViT uses.)
NumPy has no erf: `erf` below is ours.
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen

FORMS = ("erf", "tanh")
FAR = 40.0  # beyond +-40 Phi is 0 or 1 to the last bit, and its slope 0, in both forms
TANH_SCALE, TANH_CUBIC = math.sqrt(2 / math.pi), 0.044715


class GeluCache(NamedTuple):
    x: np.ndarray  # (...), -FAR or more
    cdf: np.ndarray  # (...), Phi(x)
    form: str


def gelu_forward(x: np.ndarray, *, form: str = "erf", note=unseen) -> tuple[np.ndarray, GeluCache]:
    """Let large values pass, stop small ones, smoothly: y = x Phi(x).

    x (...) -> y (...). "erf" is exact; "tanh" takes
    Phi(x) = (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.

    Raises InputError for another form.
    """
    check_form(form)
    (x,) = reals(x=x)
    x = np.maximum(x, -FAR)  # y is 0 there; -inf times 0 would be NaN
    cdf = normal_cdf(x, form)
    y = x * cdf
    note(y=y)
    return y, GeluCache(x, cdf, form)


def gelu_backward(dy: np.ndarray, cache: GeluCache, *, note=unseen) -> np.ndarray:
    """Gradient of y = x Phi(x), elementwise.

    dy (...) -> dx (...).

    By the product rule dx = dy (Phi(x) + x Phi'(x)), where
        erf:   Phi'(x) = exp(-x^2 / 2) / sqrt(2 pi), the normal density
        tanh:  Phi'(x) = (1 - t^2) / 2 sqrt(2/pi) (1 + 3 0.044715 x^2), t = 2 Phi(x) - 1
    """
    x, cdf, form = cache
    dy, x = upstream(dy, x.dtype), np.minimum(x, FAR)
    if form == "erf":
        density = np.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    else:
        t = 2 * cdf - 1
        density = 0.5 * (1 - t * t) * (TANH_SCALE * (1 + 3 * TANH_CUBIC * x * x))
    note(y=dy)
    return dy * (cdf + x * density)


def check_form(form: str) -> None:
    """InputError unless `form` is one of FORMS."""
    if form not in FORMS:
        raise InputError(f'gelu form is {form!r}: choose "erf" (exact) or "tanh" (Google\'s)')


def normal_cdf(x: np.ndarray, form: str) -> np.ndarray:
    """Phi(x), the chance that a standard normal variable is smaller than x, in either form."""
    if form == "erf":
        return 0.5 * (1 + erf(x * math.sqrt(0.5)))
    x = np.minimum(x, FAR)  # whose cube is finite
    return 0.5 * (1 + np.tanh(TANH_SCALE * (x + TANH_CUBIC * x * x * x)))


def erf(x: np.ndarray) -> np.ndarray:
    """The error function 2/sqrt(pi) integral_0^x exp(-s^2) ds, within 3e-15 (float32: 4e-7).

    x (...) -> erf(x) (...).

    erf is odd, and for a = |x| it is 1 - exp(-a^2) q(a) with a slowly varying q. In the variable
    u, which runs from 1 to -1 as a runs from 0 to LAST, q is close to a polynomial.
    """
    coefficients = ERF_COEFFICIENTS[x.dtype.char]
    a = np.minimum(np.abs(x), LAST)
    low = HALF_WAY / (HALF_WAY + LAST)
    u = (HALF_WAY / (HALF_WAY + a) - (1 + low) / 2) * (2 / (1 - low))
    q = np.full_like(u, coefficients[-1])
    for coefficient in coefficients[-2::-1]:  # Horner's rule
        q *= u
        q += coefficient
    return np.copysign(1 - np.exp(-a * a) * q, x)


HALF_WAY, LAST = 2.0, 6.0  # beyond |x| = 6 erf is 1 to the last bit of a float64


def erf_coefficients(degree: int) -> list[float]:
    """q(a) = exp(a^2) erfc(a) as a polynomial in u, interpolated at Chebyshev's points."""
    low = HALF_WAY / (HALF_WAY + LAST)

    def q(t: np.ndarray) -> np.ndarray:
        return np.array([math.exp(a * a) * math.erfc(a) for a in HALF_WAY / t - HALF_WAY])

    series = np.polynomial.Chebyshev.interpolate(q, degree, domain=[low, 1])
    return [float(c) for c in np.polynomial.chebyshev.cheb2poly(series.coef)]


ERF_COEFFICIENTS = {"d": erf_coefficients(18), "f": erf_coefficients(8)}
