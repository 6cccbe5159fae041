"""exp and GELU against float64 over the whole range of numbers: the errors that the file states."""

import math

import numpy as np
import pytest
from numba import config

from minivit.kernels import elementary, simd
from minivit.kernels.compiling import jit
from minivit.kernels.simd import VECTOR_BYTES

DTYPES = [np.float32, np.float64]
COUNT = 2_000 if config.DISABLE_JIT else 100_000

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # without a JIT: NumPy's scalars


@jit(from_python=True)
def _each_exp(x, y):
    for i in range(x.size):
        y[i] = elementary.exp(x[i])


@jit(from_python=True)
def _each_exp_in_registers(x, y):
    for i in range(0, x.size, VECTOR_BYTES // x.itemsize):
        simd.store(y, i, simd.vector_exp(simd.load(x, i)))


@jit(from_python=True)
def _each_gelu(x, y, slope):
    for i in range(x.size):
        y[i], slope[i] = elementary.gelu_erf(x[i])


@jit(from_python=True)
def _each_gelu_value(x, y):
    for i in range(x.size):
        y[i] = elementary.gelu_erf_value(x[i])


@jit(from_python=True)
def _each_gelu_tanh(x, y, slope):
    for i in range(x.size):
        y[i], slope[i] = elementary.gelu_tanh(x[i])


def everywhere(dtype, farthest):
    """Evenly spread numbers, all magnitudes down to the denormals, and both zeros."""
    even = np.linspace(-farthest, farthest, COUNT)
    tiny = np.finfo(dtype).smallest_subnormal
    sizes = np.geomspace(float(tiny) * 4, farthest, COUNT // 10)
    return np.concatenate([even, sizes, -sizes, [0.0, -0.0, tiny, -tiny]]).astype(dtype)


def exact(function, x):
    """A function of `math`, number by number, in float64."""
    return np.array([function(value) for value in x.tolist()])


def gelu_slope(x):
    density = math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return 0.5 * math.erfc(-x / math.sqrt(2)) + x * density


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def tanh_form(x):
    """(value, slope) of GELU's tanh form: x s(2u), s the logistic function."""
    twice_u = 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    s, one_less_s = logistic(twice_u), logistic(-twice_u)
    bend = 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
    return x * s, s + x * s * one_less_s * bend


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1e-7), (np.float64, 2.3e-16)])
def test_exp(dtype, error):
    limits = np.finfo(dtype)
    x = everywhere(dtype, 0.9999 * math.log(limits.max))
    x = x[x > math.log(limits.tiny)]
    y = np.full_like(x, np.nan)
    _each_exp(x, y)
    right = exact(math.exp, x)
    assert np.abs(y / right - 1).max() < error


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_where_it_ends(dtype):
    limits = np.finfo(dtype)
    low, high = math.log(limits.tiny), math.log(limits.max)
    x = np.array([-np.inf, -1e30, low * 1.001, 0, -0.0, high * 1.001, 1e30, np.inf, np.nan], dtype)
    y = np.full_like(x, 7)
    _each_exp(x, y)
    expected = np.array([0, 0, 0, 1, 1, np.inf, np.inf, np.inf, np.nan], dtype)
    assert np.array_equal(y, expected, equal_nan=True)
    assert not np.signbit(y[:-1]).any()


@pytest.mark.skipif(config.DISABLE_JIT, reason="NumPy's exp stands in for it, and errs more")
@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 9e-8), (np.float64, 2.5e-16)])
def test_exp_in_registers(dtype, error):
    """Attention's exp: of scores less their maximum, so never of more than 0."""
    limits = np.finfo(dtype)
    x = everywhere(dtype, -math.log(limits.tiny))
    x = x[(x <= 0) & (x > math.log(limits.tiny))]
    x = x[: len(x) // 16 * 16]  # whole vectors
    y = np.full_like(x, np.nan)
    _each_exp_in_registers(x, y)
    assert np.abs(y / exact(math.exp, x) - 1).max() < error
    special = np.array([-np.inf, -1e30, 1.001 * math.log(limits.tiny), np.nan, 0, -0.0] * 16, dtype)
    y = np.full_like(special, 7)
    _each_exp_in_registers(special, y)
    assert np.array_equal(y, np.array([0, 0, 0, np.nan, 1, 1] * 16, dtype), equal_nan=True)


@pytest.mark.parametrize("size", range(40))
def test_exp_at_every_place_of_a_vector(size):
    """What the vector loop does and what the loop over the rest does are the same."""
    x = np.full(size, 1, np.float32)
    y = np.zeros_like(x)
    _each_exp(x, y)
    assert np.abs(y - math.e).max(initial=0) < 3e-7
    assert len(set(y.tolist())) <= 1


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1.6e-7), (np.float64, 5e-16)])
@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_gelu(form, dtype, error):
    x = everywhere(dtype, 40)
    y, slope = np.full_like(x, np.nan), np.full_like(x, np.nan)
    (_each_gelu if form == "erf" else _each_gelu_tanh)(x, y, slope)
    if form == "erf":
        right = exact(lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)), x)
        right_slope = exact(gelu_slope, x)
    else:
        right, right_slope = np.array([tanh_form(value) for value in x.tolist()]).T
    # y = x Phi(x): Phi's error times x, and the rounding of y.
    assert (np.abs(y - right) / np.maximum(np.abs(x), 1)).max() < error
    # The tanh form's slope sums terms of up to 0.1 x^2.
    assert np.abs(slope - right_slope).max() < error * (1 if form == "erf" else 6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_gelu_far_out(form, dtype):
    far = float(np.finfo(dtype).max)
    x = np.array([-np.inf, -far, -1e4, -1e20, 1e4, 1e20, far, np.inf, np.nan], dtype)
    y, slope = np.full_like(x, 7), np.full_like(x, 7)
    (_each_gelu if form == "erf" else _each_gelu_tanh)(x, y, slope)
    assert np.array_equal(
        y, np.array([0, 0, 0, 0, 1e4, 1e20, far, np.inf, np.nan], dtype), equal_nan=True
    )
    assert np.array_equal(slope, [0, 0, 0, 0, 1, 1, 1, 1, np.nan], equal_nan=True)


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 2.5e-7), (np.float64, 3e-16)])
def test_gelu_value_alone(dtype, error):
    x = everywhere(dtype, 40)
    y = np.full_like(x, np.nan)
    _each_gelu_value(x, y)
    right = exact(lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)), x)
    off = np.abs(y - right)
    assert (off / np.maximum(np.abs(x), 1)).max() < error
    if dtype == np.float32:  # far to the left next to nothing is left of it, and of its error
        assert off[x < -6].max() < 1e-8


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_value_alone_far_out(dtype):
    far = float(np.finfo(dtype).max)
    x = np.array([-far, -1e18, -1e4, -0.0, 0, 1e4, 1e18, far, np.inf, np.nan, -np.inf], dtype)
    y = np.full_like(x, 7)
    _each_gelu_value(x, y)
    expected = np.array([0, 0, 0, 0, 0, 1e4, 1e18, far, np.inf, np.nan, 0], dtype)
    assert np.array_equal(y, expected, equal_nan=True)
