import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, sides

from minivit import InputError
from minivit.ops.gelu import erf


@given(drawn, sides, sides, st.sampled_from(["erf", "tanh"]))
def test_gradients_and_law(ops, source, rows, columns, form):
    x = source.data(rows, columns)
    # Complex numbers pass through tanh; erf is a polynomial fitted on the real line.
    assert_right(ops, "gelu", x, form=form, seed=source.seed, complex_step=form == "tanh")


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-14), (np.float32, 1e-6)])
def test_erf_agrees_with_the_library_of_c(dtype, tolerance):
    x = np.concatenate([np.linspace(-7, 7, 20_001), [0, -0.0, 1e-300, 1e-9, -1e-9, 40, -40]])
    x = x.astype(dtype)
    expected = np.array([math.erf(value) for value in x])
    values = erf(x)
    assert values.dtype == dtype
    assert np.abs(values - expected).max() < tolerance


@given(st.floats(-10, 10))
def test_erf_at_any_point(x):
    assert abs(erf(np.array([x]))[0] - math.erf(x)) < 1e-14


def test_erf_at_infinity():
    assert np.array_equal(erf(np.array([np.inf, -np.inf])), [1, -1])
    assert np.isnan(erf(np.array([np.nan]))).all()


@pytest.mark.parametrize("form", ["erf", "tanh"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out_it_is_x_or_0(ops, form, dtype):
    most = np.finfo(dtype).max
    far = np.array([50, 1e4, 1e20, most, np.inf], dtype)
    x = np.concatenate([-far, [0], far]).astype(dtype)
    y, cache = ops.gelu_forward(x, form=form)
    assert np.array_equal(y, np.maximum(x, 0))
    dx = ops.gelu_backward(np.ones_like(x), cache)
    expected = np.repeat([0, 0.5, 1], [len(far), 1, len(far)])
    assert np.abs(dx - expected).max() < (1e-6 if dtype == np.float32 else 1e-15)


def test_the_forms_differ_by_what_is_known(ops):
    """At most 4.7e-4, near x = 2.70."""
    x = np.linspace(-5, 5, 10_001)
    gap = np.abs(ops.gelu_forward(x, form="erf")[0] - ops.gelu_forward(x, form="tanh")[0])
    assert 4.6e-4 < gap.max() < 4.8e-4
    assert abs(abs(x[gap.argmax()]) - 2.70) < 0.05


def test_exact_values(ops):
    x = np.array([-2.0, -0.5, 0.5, 1.0, 3.0])
    expected = [value * 0.5 * math.erfc(-value / math.sqrt(2)) for value in x]
    assert np.allclose(ops.gelu_forward(x)[0], expected, rtol=1e-13, atol=0)


def test_refuses_another_form(ops):
    with pytest.raises(InputError, match=r'"erf" .* or "tanh"'):
        ops.gelu_forward(np.zeros(3), form="relu")


@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_nan_stays_nan(ops, form):
    y, cache = ops.gelu_forward(np.array([np.nan, 1.0]), form=form)
    dx = ops.gelu_backward(np.ones(2), cache)
    assert np.isnan([y[0], dx[0]]).all() and np.isfinite([y[1], dx[1]]).all()


@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_infinity_within_an_mlp(ops, form):
    """A weight of infinity makes z infinite: what GELU stops, stays stopped."""
    x, w1, w2 = np.array([[-1.0]]), np.array([[np.inf, 1.0]]), np.ones((2, 1))
    out, _ = ops.mlp_forward(x, w1, None, w2, None, gelu=form)
    assert np.allclose(out, ops.gelu_forward(np.array([[-1.0]]), form=form)[0])
