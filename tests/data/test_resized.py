"""Data sets whose images are resized."""

import numpy as np
import pytest
from data_files import write_pictures
from PIL import Image

from minivit import InputError, load_dataset
from minivit.data import data_of, fingerprint, in_size
from minivit.data.picture_files import prepare_picture
from minivit.data.preprocessing import check_preprocessing
from minivit.data.resized import Resized
from minivit.models import ViTConfig, variant


def test_digits_are_enlarged_as_pillow_enlarges_them():
    small, large = load_dataset("digits"), load_dataset("digits", image=42)
    assert large.train.images.shape == (1437, 42, 42, 1) and large.train.images.dtype == np.float32
    found = large.test.images[np.array([3, 50])]
    for image, number in zip(found, (3, 50), strict=True):
        whole = Image.fromarray(small.test.images[number, :, :, 0])
        wanted = np.asarray(whole.resize((42, 42), Image.Resampling.BILINEAR))
        assert np.abs(image[:, :, 0] - wanted).max() < 1e-6
    assert [large.preprocessing[k] for k in ("height", "width", "channels")] == [42, 42, 1]
    assert large.preprocessing["resized_from"] == [8, 8] and large.class_names == small.class_names
    assert large.train.images.remark == "images of 8x8 pixels: resized to 42x42"


def test_a_size_that_images_have_changes_nothing():
    data = load_dataset("digits", image=(8, 8))
    assert isinstance(data.train.images, np.ndarray) and "resized_from" not in data.preprocessing


def test_colours_become_grey_and_grey_three_channels():
    shapes, clothes = load_dataset("shapes"), load_dataset("fashion-small")
    grey = in_size(shapes, 32, 1)
    of_pillow = Image.fromarray(shapes.train.images.levels[5]).convert("L")
    found = (grey.train.images[5:6][0, :, :, 0] + 1) * 127.5
    assert np.abs(found - np.asarray(of_pillow)).max() < 1  # it rounds
    three = in_size(clothes, 28, 3).test.images[:2]
    assert np.abs(three - clothes.test.images[:2]).max() < 1e-6 and three.shape == (2, 28, 28, 3)
    with pytest.raises(InputError, match=r"images have 1 channels and the model takes 4"):
        in_size(clothes, 28, 4)


def test_of_other_proportions_the_middle_part_is_taken():
    images = np.zeros((1, 8, 8, 1), np.float32)
    images[:, 2:6] = 1
    wide = Resized(images, (4, 8), 1)
    assert wide.remark == "images of 8x8 pixels: the middle part of each, resized to 4x8"
    assert np.array_equal(wide[:], np.ones((1, 4, 8, 1)))
    assert Resized(images, (8, 4), 1)[:][0, :, 0, 0].tolist() == images[0, :, 0, 0].tolist()


def test_a_part_of_the_images_and_what_tells_them_apart():
    source = load_dataset("fashion-small", image=14).test.images
    some = source.subset(np.array([7, 3]))
    assert np.array_equal(some[:], source[np.array([7, 3])]) and len(some) == 2
    assert fingerprint(some) != fingerprint(source)
    assert fingerprint(source) == fingerprint(load_dataset("fashion-small", image=14).test.images)
    assert fingerprint(source) != fingerprint(load_dataset("fashion-small", image=15).test.images)


def test_a_model_that_learned_resized_images_finds_them_again():
    config = variant("digits", image=12)
    preprocessing = load_dataset("digits", image=12).preprocessing
    assert data_of(preprocessing, config).test.images.shape == (360, 12, 12, 1)
    assert data_of(preprocessing, config, "fashion-small").test.images.shape == (1000, 12, 12, 1)
    plain = load_dataset("digits").preprocessing
    assert data_of(plain, variant("digits"), "fashion-small").test.images.shape[1] == 28


def test_a_picture_is_drawn_in_the_old_size_and_then_enlarged(tmp_path):
    small, large = (load_dataset("digits", image=side).preprocessing for side in (8, 42))
    picture = Image.new("L", (60, 60), 255)
    picture.paste(0, (25, 10, 33, 50))
    picture.save(tmp_path / "one.png")
    check_preprocessing(large, (42, 42), 1)
    eight = prepare_picture(tmp_path / "one.png", small).image
    made = prepare_picture(tmp_path / "one.png", large)
    assert np.abs(made.image - Resized(eight[None], (42, 42), 1)[:][0]).max() < 1e-6
    assert "images of 8x8 pixels: resized to 42x42" in made.steps


@pytest.mark.parametrize("damaged", [[8], "8x8", [0, 8], [8, 1 << 40]])
def test_a_damaged_size_is_refused(damaged):
    preprocessing = load_dataset("digits", image=42).preprocessing | {"resized_from": damaged}
    with pytest.raises(InputError):
        check_preprocessing(preprocessing, (42, 42), 1)


def test_a_configuration_of_another_form_asks_for_its_own():
    config = ViTConfig((6, 9), 3, 3, 8, 1, 2, 8, 10)
    preprocessing = load_dataset("digits", image=(6, 9)).preprocessing
    assert data_of(preprocessing, config).train.images.shape == (1437, 6, 9, 3)


def test_black_and_white_become_those_of_the_model():
    imagenet = {"low": [-2.0, -1.5, -1.0], "high": [2.0, 2.5, 3.0]}  # a number for each channel
    clothes = load_dataset("fashion-small")
    data = in_size(clothes, 14, 3, imagenet)
    plain = in_size(clothes, 14, 3).test.images[:3]  # black is -1 and white 1
    wanted = np.array(imagenet["low"]) + (plain + 1) / 2 * np.array([4.0, 4.0, 4.0])
    assert np.abs(data.test.images[:3] - wanted).max() < 1e-6
    some = data.test.images.subset(np.array([2]))
    assert np.abs(some[:][0] - wanted[2]).max() < 1e-6
    assert {k: data.preprocessing[k] for k in ("low", "high")} == imagenet
    again = data_of(data.preprocessing, ViTConfig(14, 3, 7, 8, 1, 2, 8, 10))
    assert np.array_equal(again.test.images[:3], data.test.images[:3])
    assert fingerprint(data.test.images) != fingerprint(in_size(clothes, 14, 3).test.images)


def test_pictures_in_files_too(tmp_path):
    write_pictures(tmp_path)
    pictures = load_dataset(tmp_path)
    zero_to_one = {"low": 0.0, "high": 1.0}
    data = in_size(pictures, 12, 3, zero_to_one)
    wanted = (in_size(pictures, 12, 3).train.images[:4] + 1) / 2
    assert np.abs(data.train.images[:4] - wanted).max() < 1e-6
    again = data_of(data.preprocessing, ViTConfig(12, 3, 6, 8, 1, 2, 8, 3))
    assert np.array_equal(again.train.images[:4], data.train.images[:4])
    same = {"low": -1.0, "high": 1.0}
    assert in_size(pictures, pictures.train.images.shape[1:3], 3, same) is pictures


def test_of_pictures_the_same_part_is_taken_as_predict_takes(tmp_path):
    write_pictures(tmp_path)
    low, high = [-2.0, -1.5, -1.0], [2.0, 2.5, 3.0]
    learnt = {"low": low, "high": high, "resize": "squash", "crop": 0.8, "interpolation": "bicubic"}
    pictures = load_dataset(tmp_path)
    data = in_size(pictures, (12, 8), 3, learnt)
    check_preprocessing(data.preprocessing, (12, 8), 3)
    for i, name in enumerate(pictures.train.images.names[:4]):
        made = prepare_picture(tmp_path / name, data.preprocessing).image
        assert np.abs(data.train.images[i : i + 1][0] - made).max() < 4 / 255  # levels are rounded
    plain = in_size(pictures, (12, 8), 3)
    assert fingerprint(plain.train.images) != fingerprint(data.train.images.images)
    again = data_of(data.preprocessing, ViTConfig((12, 8), 3, 4, 8, 1, 2, 8, 3))
    assert fingerprint(again.train.images) == fingerprint(data.train.images)


def test_a_model_of_others_is_given_images_of_its_own_form():
    theirs = {"low": 0.0, "high": 1.0, "ink": "any", "resize": "squash"}
    data = data_of(theirs, ViTConfig(16, 3, 4, 8, 1, 2, 8, 10), "digits")
    images = data.test.images[:5]
    assert images.shape == (5, 16, 16, 3)
    assert abs(images.min()) < 1e-3 and 0.9 < images.max() < 1.001
    assert "resize" not in data.preprocessing  # nothing of it was squashed


@pytest.mark.parametrize(
    "damaged", [{"low": "dark", "high": 1.0}, {"low": [0, 0], "high": [1, 1]}, {"resize": "wrap"}]
)
def test_a_damaged_preprocessing_is_refused(damaged):
    with pytest.raises(InputError, match=r"the model(.s resize is| takes black as)"):
        in_size(load_dataset("digits"), 8, 1, damaged)
