import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError
from minivit.checking import adjoint_error
from minivit.ops import Drop
from minivit.ops.chance import drawn_32, image_keys

rates = st.sampled_from([0.0, 0.1, 0.7])


@given(drawn, sides, few, sides, rates, st.integers(0, 100))
def test_gradients_and_law(ops, source, B, T, D, rate, first_image):
    drop, x = Drop(rate, source.seed, first_image), source.data(B, T, D)
    assert_right(ops, "dropout", x, drop=drop, seed=source.seed, complex_step=True)
    error = adjoint_error(ops.dropout_forward, ops.dropout_backward, x, options={"drop": drop})
    assert error < 1e-14


def test_a_value_becomes_0_or_grows(ops):
    x = np.random.default_rng(0).standard_normal((3, 40, 50))
    y, _ = ops.dropout_forward(x, drop=Drop(0.2, seed=5))
    assert set(np.unique((y / x).round(12))) == {0, 1.25}
    assert abs((y == 0).mean() - 0.2) < 0.02  # four deviations of 6000 draws


def test_which_ones_by_their_number(ops):
    """The definition: the number of a value's position in its image is below a part of 2^32."""
    y, _ = ops.dropout_forward(np.ones((3, 40, 50)), drop=Drop(0.3, seed=8, first_image=4))
    numbers = drawn_32(image_keys(8, np.array([4, 5, 6])), 2000).reshape(y.shape)
    assert np.array_equal(y == 0, numbers < 0.3 * 2**32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_mean_over_many_seeds_is_x(ops, dtype):
    x = np.full((5, 20), 3, dtype)
    mean = np.mean([ops.dropout_forward(x, drop=Drop(0.5, s))[0] for s in range(400)])
    assert abs(mean - 3) < 0.06


def test_a_rate_of_0_changes_nothing(ops):
    x = np.random.default_rng(0).standard_normal((3, 4))
    assert np.array_equal(ops.dropout_forward(x, drop=Drop(0.0, seed=1))[0], x)


def test_a_batch_in_parts_draws_what_the_whole_one_does(ops):
    x = np.ones((20, 5, 3))
    whole, _ = ops.dropout_forward(x, drop=Drop(0.5, seed=8))
    parts = [
        ops.dropout_forward(x[i : i + 7], drop=Drop(0.5, 8, first_image=i))[0]
        for i in range(0, 20, 7)
    ]
    assert np.array_equal(np.concatenate(parts), whole)
    assert not np.array_equal(whole[0], whole[1])


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_refuses_another_rate(ops, rate):
    with pytest.raises(InputError, match="the rate of dropout is"):
        ops.dropout_forward(np.ones((2, 1)), drop=Drop(rate, seed=0))
