"""The definition of bf16: which bfloat16 is the nearest, and which products round.

The oracle counts in fractions: it knows the values that a bfloat16 may have, and no bits.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minivit import backend, ops
from minivit.ops.product import LONG, attention_product, product, rounded

LARGEST = (2 - Fraction(1, 128)) * 2**127  # of the finite bfloat16
LEAST = {"float32": -126, "float64": -1022}  # exponent of the least number with all its digits
MOST = {"float32": 127, "float64": 1023}
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def nearest(x: float, dtype: str = "float32") -> float:
    """The nearest number with 8 binary digits, of two equally near the one whose last is 0."""
    if math.isnan(x) or math.isinf(x) or x == 0:
        return x
    exact = Fraction(x)
    exponent = max(math.frexp(x)[1] - 1, LEAST[dtype])
    step = Fraction(2) ** (exponent - 7)
    steps = round(exact / step)  # Python rounds a fraction half way to the even number
    if abs(steps * step) >= Fraction(2) ** (MOST[dtype] + 1):
        return math.copysign(math.inf, x)
    return math.copysign(float(steps * step), x)


def same(found: np.ndarray, expected: np.ndarray) -> bool:
    """Equal, the sign of 0 too; NaN where NaN is."""
    numbers = ~np.isnan(expected)
    return (
        np.array_equal(found, expected, equal_nan=True)
        and np.array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])
    )  # fmt: skip


def all_nearest(x: np.ndarray) -> np.ndarray:
    values = [nearest(float(v), x.dtype.name) for v in x.reshape(-1)]
    return np.array(values, x.dtype).reshape(x.shape)


@given(st.floats(width=32))
def test_the_nearest_of_any_float32(x):
    x = np.array([x], np.float32)
    assert same(rounded(x), all_nearest(x))


@given(st.floats())
def test_the_nearest_of_any_float64(x):
    x = np.array([x])
    assert same(rounded(x), all_nearest(x))


@DTYPES
def test_halves_go_to_the_even_one(dtype):
    """From 1 to 2 bfloat16 lie 1/128 apart."""
    even, odd = 1 + 2 / 256, 1 + 6 / 256  # one step, three steps: odd themselves
    halves = np.array([1 + 1 / 256, 1 + 3 / 256, 1 + 5 / 256, 2 - 1 / 256], dtype)
    assert rounded(halves).tolist() == [1, 1 + 4 / 256, 1 + 4 / 256, 2]
    assert rounded(-halves).tolist() == [-1, -1 - 4 / 256, -1 - 4 / 256, -2]
    kept = np.array([even, odd], dtype)
    assert np.array_equal(rounded(kept), kept)
    up, down = (np.nextafter(halves, np.array(to, dtype)) for to in (math.inf, -math.inf))
    assert rounded(up).tolist() == [1 + 2 / 256, 1 + 4 / 256, 1 + 6 / 256, 2]
    assert rounded(down).tolist() == [1, 1 + 2 / 256, 1 + 4 / 256, 2 - 2 / 256]


@DTYPES
def test_what_no_rounding_changes(dtype):
    x = np.array([0.0, -0.0, math.inf, -math.inf, 1, -2.5, 256, 2.0**-100], dtype)
    assert same(rounded(x), x)
    assert np.isnan(rounded(np.array([math.nan, -math.nan], dtype))).all()


def test_every_nan_stays_nan():
    """Also where the carry would make an infinity, or a zero, of its bits."""
    bits = np.array([0x7F800001, 0x7FFFFFFF, 0xFF800001, 0xFFFFFFFF, 0x7FC00000], np.uint32)
    assert np.isnan(rounded(bits.view(np.float32))).all()


def test_beyond_the_largest():
    largest, half_step = float(LARGEST), float(Fraction(2) ** (127 - 8))
    below = np.nextafter(np.float32(largest + half_step), np.float32(0))
    x = np.array([largest, below, largest + half_step, np.finfo(np.float32).max], np.float32)
    assert rounded(x).tolist() == [largest, largest, math.inf, math.inf]
    assert rounded(-x).tolist() == [-largest, -largest, -math.inf, -math.inf]
    assert rounded(np.array([2.0**200 * 1.001])).tolist() == [2.0**200]  # float64 reaches further


def test_numbers_too_small_for_all_their_digits():
    step = 2.0**-133  # of bfloat16 there
    least = float(np.finfo(np.float32).smallest_subnormal)  # 2**-149
    x = np.array([least, step / 2, step / 2 + least, 1.5 * step, -step / 2, 127.5 * step],
                 np.float32)  # fmt: skip
    assert same(rounded(x), np.array([0, 0, step, 2 * step, -0.0, 128 * step], np.float32))
    assert same(rounded(x), all_nearest(x))


@DTYPES
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3, 4)])
def test_shape_dtype_and_memory(dtype, shape):
    x = np.asarray(np.random.default_rng(0).standard_normal(shape)).astype(dtype)
    before = x.copy()
    y = rounded(x)
    assert y.shape == x.shape and y.dtype == x.dtype and not np.shares_memory(x, y)
    assert np.array_equal(x, before) and same(y, all_nearest(x))


@DTYPES
def test_views_in_any_order(dtype):
    x = np.random.default_rng(0).standard_normal((6, 8, 5)).astype(dtype)
    for view in (x.T, x[::2, ::-3], x[:, :, 1], x.swapaxes(0, 1)[1:, ::-1]):
        assert same(rounded(view), all_nearest(view))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_round_where_it_was_chosen(dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in ((2, 5, 7), (2, 7, 3)))
    assert np.array_equal(product(a, b), a @ b)
    with backend.use("numpy", precision="bf16"):
        found = product(a, b)
        few, many = (attention_product(tokens, None)(a, b) for tokens in (LONG - 1, LONG))
        relative = attention_product(LONG, np.zeros((2, 2 * LONG, 7)))(a, b)
    assert found.dtype == a.dtype
    assert np.array_equal(found, all_nearest(a) @ all_nearest(b))
    assert np.array_equal(few, a @ b) and np.array_equal(many, found)
    assert np.array_equal(relative, a @ b)
    assert 1e-3 < np.abs(found - a @ b).max() < 1e-1


@pytest.mark.parametrize("tokens, rounds", [(LONG - 1, False), (LONG, True)])
def test_attention_rounds_from_so_many_tokens_on(tokens, rounds):
    rng = np.random.default_rng(0)
    q, k, v, dmixed = rng.standard_normal((4, 1, 2, tokens, 3))
    found = []
    for precision in ("float32", "bf16"):
        with backend.use("numpy", precision=precision):
            mixed, cache = ops.attention_forward(q, k, v)
            found.append([mixed, *ops.attention_backward(dmixed, cache)[:3]])
    for plain, other in zip(*found, strict=True):
        error = np.abs(plain - other).max() / np.abs(plain).max()
        assert 1e-4 < error < 2e-2 if rounds else error == 0


def test_a_linear_map_rounds_operands_and_nothing_else():
    rng = np.random.default_rng(0)
    x, w, b, dy = (rng.standard_normal(s) for s in ((4, 6), (6, 3), (3,), (4, 3)))
    with backend.use("numpy", precision="bf16"):
        y, cache = ops.linear_forward(x, w, b)
        dx, dw, db = ops.linear_backward(dy, cache)
    x_, w_, dy_ = map(all_nearest, (x, w, dy))
    np.testing.assert_allclose(y, x_ @ w_ + b, rtol=1e-12)
    np.testing.assert_allclose(dx, dy_ @ w_.T, rtol=1e-12)
    np.testing.assert_allclose(dw, x_.T @ dy_, rtol=1e-12)
    np.testing.assert_allclose(db, dy.sum(axis=0), rtol=1e-12)  # of the numbers as they are


def test_muons_products_stay_as_they_are():
    found = []
    for precision in ("float32", "bf16"):
        p, g, v = (rng.standard_normal((18, 54)).astype(np.float32)
                   for rng in map(np.random.default_rng, (1, 2, 3)))  # fmt: skip
        with backend.use("numpy", precision=precision):
            ops.muon_step(p, g, v, learning_rate=1e-2, weight_decay=0.1, matrices=3)
        found.append(p)
    assert np.array_equal(*found)
