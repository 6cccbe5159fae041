import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError
from minivit.checking import adjoint_error
from minivit.ops import Drop

rates = st.sampled_from([0.0, 0.2, 0.7])


@given(drawn, sides, few, few, rates, st.integers(0, 100))
def test_gradients_and_law(ops, source, B, T, D, rate, first_image):
    drop, x = Drop(rate, source.seed, first_image), source.data(B, T, D)
    assert_right(ops, "stochastic_depth", x, drop=drop, seed=source.seed, complex_step=True)
    backward = ops.stochastic_depth_backward
    error = adjoint_error(ops.stochastic_depth_forward, backward, x, options={"drop": drop})
    assert error < 1e-14


def test_an_image_goes_whole_or_grows(ops):
    x = np.random.default_rng(0).standard_normal((400, 2, 3))
    y, _ = ops.stochastic_depth_forward(x, drop=Drop(0.25, seed=5))
    factors = (y / x).round(9)
    assert set(np.unique(factors)) == {0, round(1 / 0.75, 9)}
    assert (factors == factors[:, :1, :1]).all()
    dropped = (factors[:, 0, 0] == 0).mean()
    assert abs(dropped - 0.25) < 0.07  # three deviations of 400 draws


def test_the_mean_over_many_seeds_is_x(ops):
    x = np.ones((50, 1))
    mean = np.mean([ops.stochastic_depth_forward(x, drop=Drop(0.5, s))[0] for s in range(400)])
    assert abs(mean - 1) < 0.03


def test_a_batch_in_parts_draws_what_the_whole_one_does(ops):
    x = np.ones((20, 1))
    whole, _ = ops.stochastic_depth_forward(x, drop=Drop(0.5, seed=8))
    parts = [
        ops.stochastic_depth_forward(x[i : i + 7], drop=Drop(0.5, 8, first_image=i))[0]
        for i in range(0, 20, 7)
    ]
    assert np.array_equal(np.concatenate(parts), whole)
    other, _ = ops.stochastic_depth_forward(x, drop=Drop(0.5, seed=9))
    assert not np.array_equal(other, whole)


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_refuses_another_rate(ops, rate):
    with pytest.raises(InputError, match="the rate of stochastic depth is"):
        ops.stochastic_depth_forward(np.ones((2, 1)), drop=Drop(rate, seed=0))
