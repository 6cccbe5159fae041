import numpy as np
import pytest

from minivit import InputError
from minivit.data import Dataset, Split, checked, ground, hold_out, load_dataset
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
    with pytest.raises(InputError, match=r"unknown dataset 'digit'; the nearest is digits"):
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


def own(**changes):
    """Four grey images of two classes, as somebody may bring them."""
    images = np.linspace(-1, 1, 64).reshape(4, 4, 4)
    split = Split(images, [0, 1, 0, 1])
    return Dataset("own", ["no", "yes"], {}, split, split)._replace(**changes)


def test_own_data_becomes_arrays():
    data = checked(own(class_names=("no", 5), preprocessing=None), classes=2)
    assert data.class_names == ["no", "5"]
    assert data.preprocessing == {}
    assert data.train.labels.dtype == np.int64
    assert checked(own(class_names=None), classes=2).class_names == ["0", "1"]
    train = (own().train.images.tolist(), np.array([1, 0, 1, 0], ">i2"))  # a plain pair
    split = checked(own(train=train), classes=2).train
    assert split.images.shape == (4, 4, 4)
    assert np.array_equal(split.labels, [1, 0, 1, 0]) and split.labels.dtype.isnative


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"class_names": ["one"]},
            "the data have 1 classes, one, and the model's head is for 2 classes",
        ),
        ({"class_names": "ab"}, "the class names are ab: 1 for 2 classes"),
        ({"train": Split(np.ones((4, 4, 4)), [0, 1])}, "expected 4 class numbers"),
        (
            {"train": Split(np.ones((2, 4, 4)), [0, 2])},
            "labels up to 2, and the model's head is for 2 classes",
        ),
        ({"train": Split(np.ones((2, 4, 4)), [0.5, 1])}, "dtype float64: expected 2 class numbers"),
        (
            {"test": Split(np.ones((2, 4, 4)), np.eye(2))},
            r"shape \(2, 2\) .* class numbers \(whole",
        ),
        ({"test": Split(3, [])}, "images are 3: expected an array"),
        ({"test": Split([[1], [1, 2]], [0, 1])}, "images is no array of numbers"),
    ],
)
def test_own_data_that_cannot_be_meant(changes, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        checked(own(**changes), classes=2)
    assert "soft targets" not in str(error.value)  # a training takes none


def test_labels_of_a_hold_out_may_be_a_list():
    split = Split(own().train.images.repeat(5, axis=0).tolist(), [0, 1] * 10)
    data = hold_out(own(train=split, class_names=None), 0.2)
    assert (len(data.train.labels), len(data.test.labels)) == (16, 4)


def test_a_class_that_is_not_there_does_not_hinder_a_hold_out():
    split = Split(np.ones((20, 4, 4)), [0, 2] * 10)
    assert len(hold_out(own(train=split), 0.2).test.labels) == 4


def test_of_classes_of_unlike_sizes_the_same_part_is_held_out():
    labels = np.repeat([0, 1, 2], [100, 20, 2])
    split = Split(np.arange(len(labels))[:, None, None] * np.ones((1, 4, 4)), labels)
    held = hold_out(own(train=split, class_names=None), 0.2)
    assert np.bincount(held.test.labels).tolist() == [20, 4, 1]
    assert np.bincount(held.train.labels).tolist() == [80, 16, 1]
    assert not set(held.train.images[:, 0, 0]) & set(held.test.images[:, 0, 0])
    with pytest.raises(InputError, match="nothing would be left on one side"):
        hold_out(own(train=split, class_names=None), 0.99)


def test_the_ground():
    images = np.array([0.25, 0.75])
    assert ground({"low": -1.0, "high": 1.0, "ink": "bright"}, images) == -1
    assert ground({"low": -1.0, "high": 1.0, "ink": "dark"}, images) == 1
    assert ground({}, images) == 0.25
    assert ground({"ink": "dark"}, images) == 0.75


def test_shown_in_a_line():
    assert repr(load_dataset("digits")) == (
        "data set digits: 1437 images 8x8x1 to train, 360 images 8x8x1 to test; 10 classes"
    )
