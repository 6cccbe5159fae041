import numpy as np
import pytest

from minivit.data.augmentation import random_brightness, random_contrast

RANGES = [(-1.0, 1.0), (0.0, 1.0), (1.0, -1.0)]  # black and white; the last: inverted


def grey(black, white, least=0.0, most=1.0):
    """Images whose greys lie between two parts of the way from black to white."""
    part = np.random.default_rng(2).uniform(least, most, (200, 6, 5, 3))
    return (black + (white - black) * part).astype(np.float32)


@pytest.mark.parametrize(("black", "white"), RANGES)
def test_brightness_multiplies_what_is_not_black(black, white):
    images = grey(black, white, 0.1, 0.6)
    images[:, 0, 0] = black
    before = images.copy()
    found = random_brightness(
        images, np.random.default_rng(0), amount=0.5, black=black, white=white
    )
    factors = (found - black)[:, 1:] / (images - black)[:, 1:]
    assert np.ptp(factors, axis=(1, 2, 3)).max() < 1e-4  # one for each image
    assert 0.49 < factors.min() < 0.53 and 1.47 < factors.max() < 1.51
    assert (found[:, 0, 0] == black).all() and found.dtype == images.dtype
    assert np.array_equal(images, before)


@pytest.mark.parametrize(("black", "white"), RANGES)
def test_contrast_moves_pixels_from_their_mean_or_towards_it(black, white):
    images = grey(black, white, 0.3, 0.7)
    found = random_contrast(images, np.random.default_rng(0), amount=0.4, black=black, white=white)
    means = images.mean(axis=(1, 2, 3))
    assert np.allclose(found.mean(axis=(1, 2, 3)), means, atol=1e-5)
    factors = found.std(axis=(1, 2, 3)) / images.std(axis=(1, 2, 3))
    assert 0.59 < factors.min() < 0.63 and 1.37 < factors.max() < 1.41
    centred = (images - means[:, None, None, None]) * factors[:, None, None, None]
    assert np.allclose(found - means[:, None, None, None], centred, atol=1e-5)


@pytest.mark.parametrize(("black", "white"), RANGES)
@pytest.mark.parametrize("change", [random_brightness, random_contrast])
def test_pixels_keep_their_range_and_some_reach_its_end(change, black, white):
    images = grey(black, white)
    found = change(images, np.random.default_rng(0), amount=0.9, black=black, white=white)
    assert min(black, white) <= found.min() and found.max() <= max(black, white)
    assert (found == white).any()
