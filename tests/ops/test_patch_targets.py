"""What is asked about hidden patches: their mean colours and their pixels."""

import numpy as np
import pytest

from minivit import InputError
from minivit.ops.patch_targets import colour_count, patch_colours, patch_pixels


def test_512_colours_of_three_channels_and_8_of_one():
    assert (colour_count(3), colour_count(1)) == (512, 8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_levels_by_floor_and_the_brightest_in_the_last_bin(dtype):
    grey = np.array([0, 0.124, 0.125, 0.5, 0.99, 1], dtype).reshape(1, 1, 6, 1)
    assert patch_colours(grey, patch=1, low=0, high=1).tolist() == [[0, 0, 1, 4, 7, 7]]
    assert patch_colours(2 * grey - 1, patch=1).tolist() == [[0, 0, 1, 4, 7, 7]]
    assert patch_colours(3 * grey - 2, patch=1).tolist() == [[0, 0, 0, 2, 7, 7]]  # beyond black


def test_the_mean_of_a_patch_and_red_leading():
    image = np.zeros((1, 2, 4, 3))
    image[0, :, :2] = (1, 0, 0.5)
    image[0, 0, 2:] = (0, 1, 0)  # a half of the second patch
    assert patch_colours(image, patch=2, low=0, high=1).tolist() == [[7 * 64 + 4, 4 * 8]]


def test_black_and_white_must_differ():
    with pytest.raises(InputError, match="low is 1 and high is 1: white must be above black"):
        patch_colours(np.ones((1, 2, 2, 1)), patch=1, low=1, high=1)


def test_pixels_are_the_patches_or_have_mean_0_and_deviation_1():
    images = np.random.default_rng(0).uniform(3, 5, (2, 4, 6, 2))
    plain = patch_pixels(images, patch=(2, 3))
    assert np.array_equal(plain[1, 3], images[1, 2:, 3:].reshape(-1))
    pixels = patch_pixels(images, patch=(2, 3), normalised=True)
    assert np.abs(pixels.mean(axis=2)).max() < 1e-12
    assert np.abs(pixels.std(axis=2) - 1).max() < 1e-4
    flat = patch_pixels(np.full((1, 2, 2, 1), 0.3), patch=2, normalised=True)
    assert np.abs(flat).max() < 1e-12  # of one colour: no division by 0
