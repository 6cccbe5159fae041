import numpy as np
import pytest

from minivit.data import Levels, Split, fingerprint, hold_out, load_dataset
from minivit.data.sources import chosen

LEVELS = np.random.default_rng(0).integers(0, 256, (7, 3, 2, 1), dtype=np.uint8)


def test_levels_are_scaled_on_the_way_out():
    images = Levels(LEVELS, low=-1.0, high=1.0)
    assert len(images) == 7 and images.shape == (7, 3, 2, 1)
    expected = (LEVELS.astype(np.float64) / 127.5 - 1).astype(np.float32)
    for asked in (slice(2, 5), np.array([6, 0, 6]), LEVELS[:, 0, 0, 0] > 100):
        assert images[asked].dtype == np.float32
        assert np.array_equal(images[asked], expected[asked])


def test_fewer_levels_than_a_byte_has():
    images = Levels(np.array([0, 8, 16], np.uint8).reshape(3, 1, 1, 1), low=-1, high=1, white=16)
    assert images[:].ravel().tolist() == [-1, 0, 1]


def test_a_part_of_a_source_is_a_source():
    images = Levels(LEVELS, low=0, high=1)
    mask = np.arange(7) % 2 == 0
    part = chosen(images, mask)
    assert isinstance(part, Levels) and np.array_equal(part[:], images[:][mask])
    assert np.array_equal(chosen(images[:], mask), images[:][mask])


def test_a_fingerprint_tells_other_images():
    images = Levels(LEVELS, low=0, high=1)
    assert fingerprint(images) == fingerprint(Levels(LEVELS.copy(), low=0, high=1))
    assert fingerprint(images) != fingerprint(Levels(LEVELS[::-1], low=0, high=1))
    assert fingerprint(images[:]) != fingerprint(images[::-1])


@pytest.mark.parametrize("fraction", [0.2, 0.5])
def test_images_of_a_source_can_be_held_out(fraction):
    data = load_dataset("digits")
    levels = np.round((data.train.images + 1) * 8).astype(np.uint8)
    source = Split(Levels(levels, low=-1, high=1, white=16), data.train.labels)
    expected = hold_out(data, fraction)
    found = hold_out(data._replace(train=source), fraction)
    for part in ("train", "test"):
        assert isinstance(getattr(found, part).images, Levels)
        assert np.array_equal(getattr(found, part).images[:], getattr(expected, part).images)
        assert np.array_equal(getattr(found, part).labels, getattr(expected, part).labels)
