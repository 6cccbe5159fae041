import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, sides


@given(drawn, sides, sides, sides, st.sampled_from([1e-6, 1e-5, 0.1]))
def test_gradients_and_law(ops, source, B, T, D, eps):
    x, gamma, beta = source.data(B, T, D), source.weights(D), source.weights(D)
    assert_right(ops, "layernorm", x, gamma, beta, eps=eps, seed=source.seed)


@given(drawn, sides, st.integers(2, 7))
def test_gradients_by_complex_steps(ops, source, B, D):
    x, gamma, beta = source.data(B, D), source.weights(D), source.weights(D)
    assert_right(ops, "layernorm", x, gamma, beta, seed=source.seed, complex_step=True)


def test_gradients_with_a_tiny_eps(ops):
    """1e-12, as some published models have it."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((2, 3, 5)), rng.standard_normal(5), rng.standard_normal(5)
    assert_right(ops, "layernorm", *inputs, eps=1e-12, complex_step=True)


@given(drawn, sides, st.integers(2, 40))
def test_mean_0_and_variance_1(ops, source, T, D):
    x = source.data(T, D)
    y, _ = ops.layernorm_forward(x, np.ones(D), np.zeros(D), eps=1e-12)
    assert np.abs(y.mean(axis=-1)).max() < 1e-9
    spread = x.var(axis=-1)
    expected = spread / (spread + 1e-12)
    assert np.abs(y.var(axis=-1) - expected).max() < 1e-8


@pytest.mark.parametrize("offset", [0, 3, -50, 1e3, 1e4])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-3), (np.float64, 1e-9)])
def test_the_variance_does_not_cancel(ops, offset, dtype, tolerance):
    """E[x^2] - mean^2 would lose everything here; an offset changes nothing in exact numbers."""
    # Steps of 1/8 stay exact in float32 around 1e4, so that the inputs are the same numbers.
    x = np.random.default_rng(0).integers(-40, 40, (4, 16)).astype(dtype) / 8
    gamma, beta = np.ones(16, dtype), np.zeros(16, dtype)
    at_zero, _ = ops.layernorm_forward(x, gamma, beta)
    y, _ = ops.layernorm_forward(x + dtype(offset), gamma, beta)
    assert np.abs(y - at_zero).max() < tolerance


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_row_is_beta(ops, dtype):
    gamma, beta = np.full(5, 2, dtype), np.arange(5, dtype=dtype)
    y, cache = ops.layernorm_forward(np.full((3, 5), 8, dtype), gamma, beta)
    assert np.array_equal(y, np.tile(beta, (3, 1)))
    dx, dgamma, _ = ops.layernorm_backward(np.ones((3, 5), dtype), cache)
    assert np.isfinite(dx).all()
    assert np.array_equal(dgamma, np.zeros(5))


def test_dx_has_no_part_along_1_and_x_hat(ops):
    """Moving or stretching a row changes nothing, but for eps: its gradient has neither part."""
    rng = np.random.default_rng(1)
    x, gamma, dy = rng.standard_normal((3, 8)), rng.standard_normal(8), rng.standard_normal((3, 8))
    _, cache = ops.layernorm_forward(x, gamma, np.zeros(8), eps=1e-14)
    dx, _, _ = ops.layernorm_backward(dy, cache)
    assert np.abs(dx.sum(axis=-1)).max() < 1e-12
    assert np.abs((dx * (x - x.mean(axis=-1, keepdims=True))).sum(axis=-1)).max() < 1e-12


def test_eps_lies_inside_the_root(ops):
    y, _ = ops.layernorm_forward(np.array([[-1.0, 1.0]]), np.ones(2), np.zeros(2), eps=3.0)
    assert np.allclose(y, [[-0.5, 0.5]], rtol=0, atol=1e-15)


@pytest.mark.parametrize(("dtype", "values"), [
    (np.float32, [10000.1, -3e7, 1e15]), (np.float64, [10000.1, 1e15 + 0.1, -1e30]),
])  # fmt: skip
@pytest.mark.parametrize("D", [3, 192, 769])
def test_a_constant_row_far_from_0_is_beta(ops, dtype, values, D):
    """The mean of such a row is rounded, by much more than the root of eps."""
    gamma, beta = np.full(D, 2, dtype), np.linspace(-1, 1, D).astype(dtype)
    x = np.array([np.full(D, value) for value in values], dtype)
    y, cache = ops.layernorm_forward(x, gamma, beta)
    assert np.array_equal(y, np.tile(beta, (len(x), 1)))
    dx, dgamma, _ = ops.layernorm_backward(np.ones_like(x), cache)
    assert np.isfinite(dx).all() and not dgamma.any()


def test_a_narrow_row_far_from_0(ops):
    """Within what float32 can tell: neighbours of 10000 lie 1/1024 apart."""
    steps = np.random.default_rng(0).integers(-20, 20, (4, 192)) / 1024
    gamma, beta = np.ones(192), np.zeros(192)
    right, _ = ops.layernorm_forward(steps, gamma, beta)
    y, _ = ops.layernorm_forward((10000 + steps).astype("float32"), gamma, beta)
    assert np.abs(y - right).max() < 0.1  # half a neighbour's distance, in standard deviations
