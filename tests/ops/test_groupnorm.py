import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError


@given(drawn, few, sides, few, st.integers(2, 4), few)
def test_gradients_and_law(ops, source, B, height, groups, of_group, width):
    x, C = source.data(B, height, width, groups * of_group), groups * of_group
    gamma, beta = source.weights(C), source.weights(C)
    options = {"groups": groups, "eps": 1e-2 * source.scale**2}
    assert_right(ops, "groupnorm", x, gamma, beta, seed=source.seed, **options)


@given(drawn, few, st.integers(3, 7))
def test_one_group_of_one_place_is_layernorm(ops, source, B, C):
    x, gamma, beta = source.data(B, C), source.weights(C), source.weights(C)
    options = {"eps": 1e-2 * source.scale**2}
    y, cache = ops.groupnorm_forward(x, gamma, beta, groups=1, **options)
    right, known = ops.layernorm_forward(x, gamma, beta, **options)
    assert np.abs(y - right).max() < 1e-9
    found, expected = ops.groupnorm_backward(y, cache), ops.layernorm_backward(y, known)
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one - other).max() <= 1e-9 * (1 + np.abs(other).max())


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_neighbouring_channels_are_a_group(ops, groups):
    """The definition, group by group of each image."""
    x = 4 + np.random.default_rng(0).standard_normal((3, 5, 4, 6))
    y, _ = ops.groupnorm_forward(x, np.ones(6), np.zeros(6), groups=groups, eps=1e-6)
    size = 6 // groups
    for b in range(3):
        for first in range(0, 6, size):
            part = x[b, :, :, first : first + size]
            right = (part - part.mean()) / np.sqrt(part.var() + 1e-6)
            assert np.abs(y[b, :, :, first : first + size] - right).max() < 1e-12


def test_images_do_not_see_each_other(ops):
    x = np.random.default_rng(0).standard_normal((4, 3, 3, 4))
    y, _ = ops.groupnorm_forward(x, np.ones(4), np.zeros(4), groups=2)
    alone, _ = ops.groupnorm_forward(x[2:3], np.ones(4), np.zeros(4), groups=2)
    assert np.array_equal(y[2:3], alone)


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (4, "x has 6 channels and groups is 4: .* choose groups=3"),
        (0, "6 channels are not shared out evenly among 0 groups; choose groups=1"),
        (32, "choose groups=6"),
    ],
)
def test_refuses(ops, groups, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.groupnorm_forward(np.zeros((1, 2, 2, 6)), np.ones(6), np.zeros(6), groups=groups)
