import numpy as np
import pytest

from minivit.data.augmentation import random_shift


def test_every_image_is_one_of_its_shifts_and_all_shifts_occur():
    rng = np.random.default_rng(0)
    images = np.repeat(rng.standard_normal((1, 5, 4, 2)), 300, axis=0)
    shifted = random_shift(images, rng, pixels=1, fill=-7.0)
    padded = np.pad(images[0], ((1, 1), (1, 1), (0, 0)), constant_values=-7.0)
    windows = {padded[i : i + 5, j : j + 4].tobytes(): (i, j) for i in range(3) for j in range(3)}
    counts = {place: 0 for place in windows.values()}
    for image in shifted:
        counts[windows[image.tobytes()]] += 1
    assert min(counts.values()) > 10


def test_an_image_may_come_in_mirrored():
    """The outermost pixel is the mirror, and stands there once."""
    images = np.repeat(np.arange(1.0, 5.0).reshape(1, 1, 4, 1), 60, axis=0)
    shifted = random_shift(images, np.random.default_rng(0), pixels=2, fill=None)
    rows = {tuple(image[0, :, 0]) for image in shifted}
    assert rows == {(3, 2, 1, 2), (2, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 3), (3, 4, 3, 2)}


@pytest.mark.parametrize("fill", [0.0, None])
def test_no_shift_is_the_identity(fill):
    images = np.arange(24.0).reshape(2, 3, 4, 1)
    shifted = random_shift(images, np.random.default_rng(0), pixels=0, fill=fill)
    assert np.array_equal(shifted, images)


def test_the_generator_alone_decides():
    images = np.arange(24.0).reshape(2, 3, 4, 1)
    one, two = (random_shift(images, np.random.default_rng(5), pixels=2, fill=0) for _ in range(2))
    assert np.array_equal(one, two)
