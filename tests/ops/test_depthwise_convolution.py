import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError
from minivit.checking import adjoint_error

pairs, paddings = st.tuples(few, few), st.sampled_from(["same", "valid"])


@given(drawn, few, pairs, st.tuples(sides, sides), pairs, few, paddings, st.booleans())
def test_gradients_and_law(ops, source, B, size, side, stride, channels, padding, biased):
    if padding == "valid":
        size = size[0] + side[0], size[1] + side[1]
    x, w = source.data(B, *size, channels), source.weights(*side, channels)
    b = source.weights(channels) if biased else None
    options = {"stride": stride, "padding": padding}
    assert_right(ops, "depthwise_convolution", x, w, b, seed=source.seed, **options)

    def of_x(x, **options):
        return ops.depthwise_convolution_forward(x, w, **options)

    def dx(dy, cache):
        return ops.depthwise_convolution_backward(dy, cache)[0]

    assert adjoint_error(of_x, dx, x, options=options) < 1e-14


@given(drawn, few, st.tuples(sides, sides), st.tuples(sides, sides), pairs, few)
def test_a_convolution_of_each_channel_alone(ops, source, B, size, side, stride, channels):
    x, w, b = source.data(B, *size, channels), source.weights(*side, channels), source.weights(4)
    b = b[:1].repeat(channels)
    y, _ = ops.depthwise_convolution_forward(x, w, b, stride=stride)
    for c in range(channels):
        one, alone = x[..., c : c + 1], w[:, :, None, c : c + 1]
        right, _ = ops.convolution_forward(one, alone, b[:1], stride=stride)
        assert np.abs(y[..., c : c + 1] - right).max() <= 1e-12 * (1 + np.abs(right).max())


def test_dx_only_when_wanted(ops):
    x, w = np.ones((1, 3, 3, 2)), np.ones((3, 3, 2))
    y, cache = ops.depthwise_convolution_forward(x, w)
    dx, dw, _ = ops.depthwise_convolution_backward(y, cache, want_dx=False)
    assert dx is None
    assert np.array_equal(dw, ops.depthwise_convolution_backward(y, cache)[1])


@pytest.mark.parametrize(
    ("w", "sentence"),
    [
        ((3, 3, 4), "x has 3 channels and w 4: a depthwise window has as many"),
        ((3, 3, 3, 1), r"w has the shape \(3, 3, 3, 1\): expected \(rows, columns, channels\)"),
        ((5, 3, 3), "the feature map is 4x4 and the window 5x3"),
    ],
)
def test_refuses(ops, w, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.depthwise_convolution_forward(np.zeros((1, 4, 4, 3)), np.zeros(w), padding="valid")
