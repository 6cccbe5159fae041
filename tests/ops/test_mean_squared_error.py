import numpy as np
import pytest
from hypothesis import given
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError


@given(drawn, few, sides, sides)
def test_gradients_and_law(ops, source, B, N, D):
    targets = source.weights(B, N, D)
    assert_right(ops, "mean_squared_error", source.data(B, N, D), seed=source.seed, targets=targets)


def test_two_numbers_off_by_two_and_four(ops):
    loss, cache = ops.mean_squared_error_forward(np.array([[1.0, 5.0]]), targets=[[3.0, 1.0]])
    assert loss == 10
    assert np.array_equal(ops.mean_squared_error_backward(0.5, cache), [[-1, 2]])


@pytest.mark.parametrize(("x", "targets"), [((2, 3), (2, 2)), ((0, 3), (0, 3)), ((2, 3), (3,))])
def test_other_targets_or_none_are_refused(ops, x, targets):
    with pytest.raises(InputError, match="the same shape, and at least one number"):
        ops.mean_squared_error_forward(np.ones(x), targets=np.ones(targets))
