import numpy as np
import pytest
from hypothesis import given
from laws import assert_right
from strategies import drawn, few

from minivit import InputError
from minivit.checking import adjoint_error


def by_loop(images, rows, columns, down=None, right=None):
    """The definition: patch by patch, row by row, pixel by pixel, channel by channel."""
    B, height, width, channels = images.shape
    patches = [
        [
            [
                images[b, top + row, left + column, channel]
                for row in range(rows)
                for column in range(columns)
                for channel in range(channels)
            ]
            for top in range(0, height - rows + 1, down or rows)
            for left in range(0, width - columns + 1, right or columns)
        ]
        for b in range(B)
    ]
    return np.array(patches)


@given(drawn, few, few, few, few, few, few)
def test_cuts_as_an_obvious_loop_does(ops, source, B, rows, columns, down, across, channels):
    images = source.data(B, down * rows, across * columns, channels)
    patches, _ = ops.patchify_forward(images, patch=(rows, columns))
    assert np.array_equal(patches, by_loop(images, rows, columns))


def overlapping(source, B, rows, columns, down, right, channels):
    """Images of 2 x 3 patches, and the options to cut them; the stride is at most the side."""
    down, right = min(down, rows), min(right, columns)
    images = source.data(B, rows + down, columns + 2 * right, channels)
    return images, {"patch": (rows, columns), "stride": (down, right)}


@given(drawn, few, few, few, few, few, few)
def test_overlapping_patches(ops, source, B, rows, columns, down, right, channels):
    images, options = overlapping(source, B, rows, columns, down, right, channels)
    patches, cache = ops.patchify_forward(images, **options)
    assert np.array_equal(patches, by_loop(images, *options["patch"], *options["stride"]))
    assert patches.shape[1] == 6
    error = adjoint_error(ops.patchify_forward, ops.patchify_backward, images, options=options)
    assert error < 1e-14
    assert_right(ops, "patchify", images, **options, complex_step=True)


def test_a_pixel_gets_as_many_gradients_as_patches_hold_it(ops):
    patches, cache = ops.patchify_forward(np.zeros((1, 5, 3, 1)), patch=(3, 2), stride=(1, 1))
    dimages = ops.patchify_backward(np.ones_like(patches), cache)[0, :, :, 0]
    assert np.array_equal(dimages, np.outer([1, 2, 3, 2, 1], [1, 2, 1]))


def test_the_patch_side_is_the_usual_stride(ops):
    images = np.arange(2 * 4 * 6 * 3.0).reshape(2, 4, 6, 3)
    usual, _ = ops.patchify_forward(images, patch=(2, 3))
    same, _ = ops.patchify_forward(images, patch=(2, 3), stride=(2, 3))
    assert np.array_equal(usual, same)


@given(drawn, few, few, few, few, few, few)
def test_backward_is_the_exact_adjoint(ops, source, B, rows, columns, down, across, channels):
    images = source.data(B, down * rows, across * columns, channels)
    error = adjoint_error(
        ops.patchify_forward, ops.patchify_backward, images, options={"patch": (rows, columns)}
    )
    assert error < 1e-14


@given(drawn, few, few, few, few, few, few)
def test_gradients_and_law(ops, source, B, rows, columns, down, across, channels):
    images = source.data(B, down * rows, across * columns, channels)
    assert_right(ops, "patchify", images, patch=(rows, columns), complex_step=True)


def test_backward_brings_the_image_back(ops):
    images = np.arange(2 * 4 * 6 * 3.0).reshape(2, 4, 6, 3)
    patches, cache = ops.patchify_forward(images, patch=2)
    assert patches.shape == (2, 6, 12)
    assert np.array_equal(ops.patchify_backward(patches, cache), images)


@pytest.mark.parametrize("patch", [(4, 6), (4, 4)])
def test_shares_no_memory_with_one_patch_an_image(ops, patch):
    images = np.zeros((1, *patch, 1))
    patches, cache = ops.patchify_forward(images, patch=patch)
    assert not np.may_share_memory(patches, images)
    assert not np.may_share_memory(ops.patchify_backward(patches, cache), patches)


@pytest.mark.parametrize(
    ("shape", "patch", "sentence"),
    [
        (
            (1, 30, 28, 1),
            8,
            "image is 30x28 and patch side is 8: 30 is not a multiple of 8; resize",
        ),
        ((1, 8, 6, 1), 4, "6 is not a multiple of 4"),
        ((1, 4, 4, 1), (2, 3), "patch side is 2x3: 4 is not a multiple of 3"),
        ((1, 2, 2, 1), 4, "2 is not a multiple of 4; resize to 4x4"),
        ((8, 8, 1), 4, r"images have shape \(8, 8, 1\): expected \(B, height, width, channels\)"),
        ((1, 8, 8, 1), 0, "patch is 0: expected a positive whole number"),
        ((1, 8, 8, 1), (2, 2, 2), "or a pair"),
        ((1, 8, 8, 1), 2.5, "patch is 2.5"),
    ],
)
def test_refuses(ops, shape, patch, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.patchify_forward(np.zeros(shape), patch=patch)


@pytest.mark.parametrize(
    ("patch", "stride", "sentence"),
    [
        (4, 3, "image is 8x9, patch side is 4 and stride is 3: 8 is not 4 and .* resize to 7x10"),
        ((4, 3), (2, 4), "stride is 2x4 and patch side is 4x3: the pixels between two patches"),
        ((8, 9), 0, "stride is 0: expected a positive whole number"),
        ((10, 3), 3, "8 is not 10 and some strides of 3; resize to 10x9 or choose another stride"),
    ],
)
def test_refuses_strides(ops, patch, stride, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.patchify_forward(np.zeros((1, 8, 9, 1)), patch=patch, stride=stride)
