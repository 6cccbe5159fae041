import numpy as np
from hypothesis import given
from laws import assert_right
from strategies import drawn, few, sides


@given(drawn, few, sides, sides)
def test_gradients_and_law(ops, source, B, T, D):
    assert_right(ops, "relu", source.data(B, T, D), seed=source.seed, complex_step=True)


def test_by_hand(ops):
    y, cache = ops.relu_forward(np.array([-2.0, -0.0, 0.0, 3.0]))
    assert np.array_equal(y, [0, 0, 0, 3])
    assert np.array_equal(ops.relu_backward(np.array([1.0, 2, 4, 8]), cache), [0, 0, 0, 8])
