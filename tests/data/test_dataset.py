import numpy as np
import pytest

from minivit import InputError
from minivit.data import hold_out, load_dataset
from minivit.data.dataset import spread


def test_the_digits_are_split_once_and_for_all():
    data = load_dataset("digits")
    assert data.train.images.shape == (1437, 8, 8, 1)
    assert data.test.images.shape == (360, 8, 8, 1)
    assert np.bincount(data.test.labels).tolist() == [36] * 10
    assert np.bincount(data.train.labels).tolist() == [
        142, 146, 141, 147, 145, 146, 145, 143, 138, 144,
    ]  # fmt: skip
    assert data.train.images.dtype == np.float32
    for split in (data.train, data.test):
        assert (split.images.min(), split.images.max()) == (-1, 1)
    # Every grey level 0..16 is a multiple of 1/8 from -1, exact in float32.
    assert np.array_equal(np.unique(data.train.images), np.arange(17) / 8 - 1)


def test_no_test_image_is_trained_on_and_none_is_lost():
    data = load_dataset("digits")
    train, test = ({image.tobytes() for image in split.images} for split in (data.train, data.test))
    assert len(train) + len(test) >= 1790  # a handful of images may be drawn twice alike
    assert len(train & test) == 0


def test_unknown_dataset_names_the_nearest():
    with pytest.raises(InputError, match=r"unknown dataset 'digit'; the nearest name is 'digits'"):
        load_dataset("digit")


def test_spread_takes_as_many_of_each_class():
    labels = np.array([0, 1, 0, 0, 1, 0, 1, 0])
    chosen = spread(labels, 2)
    assert np.bincount(labels[chosen]).tolist() == [2, 2]
    with pytest.raises(InputError, match="class 1 has 3 images: can't choose 4"):
        spread(labels, 4)


def test_held_out_images_come_from_the_training_images_alone():
    data = load_dataset("digits")
    held = hold_out(data, 0.2)
    assert len(held.train.labels) + len(held.test.labels) == 1437
    assert np.bincount(held.test.labels).tolist() == [29] * 10
    known = {image.tobytes() for image in data.test.images}
    assert not known & {image.tobytes() for image in held.test.images}


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 1e-9, float("nan")])
def test_hold_out_refuses_what_leaves_nothing(fraction):
    with pytest.raises(InputError, match="hold-out is"):
        hold_out(load_dataset("digits"), fraction)
