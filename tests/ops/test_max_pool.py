import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError

pairs, paddings = st.tuples(few, few), st.sampled_from(["same", "valid"])


@given(drawn, few, pairs, st.tuples(sides, sides), pairs, few, paddings)
def test_gradients_and_law(ops, source, B, size, side, stride, channels, padding):
    if padding == "valid":
        size = size[0] + side[0], size[1] + side[1]
    x, options = source.data(B, *size, channels), {"side": side, "stride": stride}
    assert_right(ops, "max_pool", x, seed=source.seed, padding=padding, **options)


def test_by_hand(ops):
    """A map of 4x4, a window of 3, a stride of 2: nothing before the map, one row after it."""
    x = np.array([[3, 1, 2, 9], [1, 5, 5, 1], [8, 5, 0, 1], [1, 1, 1, -1]], float)
    y, cache = ops.max_pool_forward(x[None, :, :, None])
    assert np.array_equal(y[0, :, :, 0], [[8, 9], [8, 1]])
    dx = ops.max_pool_backward(np.array([[1.0, 10], [100, 1000]])[None, :, :, None], cache)
    right = np.zeros((4, 4))
    right[2, 0], right[0, 3], right[2, 3] = 101, 10, 1000
    assert np.array_equal(dx[0, :, :, 0], right)


def test_of_equal_numbers_the_first_in_the_window_gets_the_gradient(ops):
    x = np.full((1, 2, 2, 1), 7.0)
    y, cache = ops.max_pool_forward(x, side=2, stride=2)
    assert np.array_equal(ops.max_pool_backward(y, cache)[0, :, :, 0], [[7, 0], [0, 0]])


def test_what_lies_beside_the_map_is_never_the_largest(ops):
    y, _ = ops.max_pool_forward(np.full((1, 3, 3, 1), -5.0), side=3, stride=1)
    assert (y == -5).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"side": 5, "padding": "valid"}, "the feature map is 4x3 and the window 5x5"),
        ({"side": 0}, "side is 0: expected a positive whole number"),
        ({"padding": "full"}, "padding is 'full': choose 'same' or 'valid'"),
    ],
)
def test_refuses(ops, options, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.max_pool_forward(np.zeros((1, 4, 3, 2)), **options)
