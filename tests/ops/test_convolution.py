import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError
from minivit.checking import adjoint_error
from minivit.ops import convolution_flops

paddings = st.sampled_from(["same", "valid"])


def by_loop(x, w, down, across, top, left, rows, columns):
    """The definition, number by number; what is not in the map adds nothing."""
    B, height, width, inner = x.shape
    y = np.zeros((B, rows, columns, w.shape[3]))
    for b, i, j, o in np.ndindex(y.shape):
        for r, s, c in np.ndindex(w.shape[:3]):
            row, column = i * down + r - top, j * across + s - left
            if 0 <= row < height and 0 <= column < width:
                y[b, i, j, o] += x[b, row, column, c] * w[r, s, c, o]
    return y


def given_maps(source, B, height, width, side, inner, outer, padding):
    """Maps, and a window that fits into them."""
    if padding == "valid":
        height, width = height + side[0], width + side[1]
    x = source.data(B, height, width, inner)
    return x, source.weights(*side, inner, outer)


pairs = st.tuples(few, few)


@given(drawn, few, st.tuples(sides, sides), pairs, pairs, pairs)
def test_as_an_obvious_loop_does(ops, source, B, size, side, stride, channels):
    (height, width), (rows, columns), (down, across) = size, side, stride
    x = source.data(B, height, width, channels[0])
    w = source.weights(rows, columns, *channels)
    stops = -(-height // down), -(-width // across)
    top = max((stops[0] - 1) * down + rows - height, 0) // 2
    left = max((stops[1] - 1) * across + columns - width, 0) // 2
    y, _ = ops.convolution_forward(x, w, stride=(down, across))
    right = by_loop(x, w, down, across, top, left, *stops)
    assert y.shape == right.shape
    assert np.abs(y - right).max() <= 1e-12 * (1 + np.abs(right).max())


@given(drawn, few, few, few, st.tuples(sides, sides), st.tuples(few, few), few, few, paddings,
       st.booleans())  # fmt: skip
def test_gradients_and_law(
    ops, source, B, height, width, side, stride, inner, outer, padding, biased
):
    x, w = given_maps(source, B, height, width, side, inner, outer, padding)
    b = source.weights(outer) if biased else None
    options = {"stride": stride, "padding": padding}
    assert_right(ops, "convolution", x, w, b, seed=source.seed, complex_step=True, **options)


@given(drawn, few, few, few, st.tuples(sides, sides), st.tuples(few, few), few, few, paddings)
def test_backward_is_the_exact_adjoint(
    ops, source, B, height, width, side, stride, inner, outer, padding
):
    """Of the map that w is for x, and of the one that x is for w."""
    x, w = given_maps(source, B, height, width, side, inner, outer, padding)
    options = {"stride": stride, "padding": padding}

    def of_w(w, **options):
        return ops.convolution_forward(x, w, **options)

    def of_x(x, **options):
        return ops.convolution_forward(x, w, **options)

    def dx(dy, cache):
        return ops.convolution_backward(dy, cache)[0]

    def dw(dy, cache):
        dx, dw, _ = ops.convolution_backward(dy, cache, want_dx=False)
        assert dx is None
        return dw

    assert adjoint_error(of_x, dx, x, options=options) < 1e-14
    assert adjoint_error(of_w, dw, w, options=options) < 1e-14


def test_a_window_of_one_pixel_is_a_linear_map(ops):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(s) for s in ((2, 3, 4, 5), (1, 1, 5, 6), (6,)))
    y, _ = ops.convolution_forward(x, w, b)
    assert np.abs(y - ops.linear_forward(x, w[0, 0], b)[0]).max() < 1e-14


def test_a_window_that_moves_by_its_side_is_the_patch_embedding(ops):
    """The paper's two ways to write it (section 3.1): a product of flat patches, or a window."""
    rng = np.random.default_rng(0)
    images, w = rng.standard_normal((2, 8, 12, 3)), rng.standard_normal((4, 4, 3, 5))
    y, _ = ops.convolution_forward(images, w, stride=4, padding="valid")
    patches, _ = ops.patchify_forward(images, patch=4)
    embedded, _ = ops.linear_forward(patches, w.reshape(-1, 5))
    assert np.abs(y.reshape(embedded.shape) - embedded).max() < 1e-13


def test_a_shift_of_the_image_shifts_the_map(ops):
    """Translation equivariance, exact away from the edge: what attention has to learn."""
    rng = np.random.default_rng(0)
    x, w = np.zeros((1, 9, 9, 2)), rng.standard_normal((3, 3, 2, 4))
    x[:, 2:5, 2:5] = rng.standard_normal((1, 3, 3, 2))
    y, _ = ops.convolution_forward(x, w)
    moved, _ = ops.convolution_forward(np.roll(x, (2, 1), (1, 2)), w)
    assert np.array_equal(moved, np.roll(y, (2, 1), (1, 2)))


@pytest.mark.parametrize(
    ("x", "w", "padding", "sentence"),
    [
        ((1, 4, 4, 3), (3, 3, 4, 5), "same", r"x has 3 channels and w takes 4: .*\(3, 3, 3, 5\)"),
        ((1, 4, 4, 3), (27, 5), "same", r"w has the shape \(27, 5\): expected \(rows, columns"),
        ((1, 2, 4, 3), (3, 3, 3, 5), "valid", "the feature map is 2x4 and the window 3x3"),
        ((4, 4, 3), (3, 3, 3, 5), "same", "expected feature maps"),
    ],
)
def test_refuses(ops, x, w, padding, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.convolution_forward(np.zeros(x), np.zeros(w), padding=padding)


def test_flops_are_those_of_the_sums(ops):
    x, w = np.zeros((3, 8, 6, 4)), np.zeros((3, 3, 4, 5))
    assert convolution_flops(x, w, stride=2) == 2 * (4 * 3 * 5) * (9 * 4)
    assert convolution_flops(x, w, stride=2, padding="valid") == 2 * (3 * 2 * 5) * (9 * 4)
