"""Data sets in .npz files."""

import io
import zipfile

import numpy as np
import pytest

from minivit import InputError, load_dataset

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(0, 256, (20, 6, 5), np.uint8), np.arange(20) % 4
IMAGES[0, 0, :2] = 0, 255


def saved(path, **arrays):
    np.savez(path, **arrays)
    return load_dataset(path)


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("images_train", "labels_train", "images_test", "labels_test"),
        ("images", "labels", "test_images", "test_labels"),
    ],
)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_names_that_people_give(tmp_path, names, save):
    arrays = dict(zip(names, (IMAGES, LABELS, IMAGES[:8], LABELS[:8, None]), strict=True))
    save(tmp_path / "mine.npz", **arrays)
    data = load_dataset(tmp_path / "mine.npz")
    assert data.name == "mine" and data.class_names == ["0", "1", "2", "3"]
    assert data.train.images.shape == (20, 6, 5, 1) and data.test.images.shape == (8, 6, 5, 1)
    assert np.allclose(data.train.images[:][..., 0], IMAGES / 127.5 - 1, atol=1e-6)
    assert np.array_equal(data.test.labels, LABELS[:8]) and data.remarks == ()


def test_the_folder_of_an_npz_will_do_and_what_is_not_used_is_said(tmp_path):
    names = np.array(["ant", "bee", "cow", "dog"])
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=LABELS, class_names=names, weights=LABELS)
    data = load_dataset(tmp_path)
    assert data.class_names == names.tolist()
    assert len(data.train.labels) == 16 and np.bincount(data.test.labels).tolist() == [1] * 4
    assert data.remarks[0] == "not used: weights" and "4 of 20 are put aside" in data.remarks[1]


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (IMAGES.astype(np.int64), IMAGES / 127.5 - 1),
        (IMAGES / 255, IMAGES / 127.5 - 1),
        (IMAGES.astype(np.float32), IMAGES / 127.5 - 1),
        (IMAGES / 127.5 - 1, IMAGES / 127.5 - 1),
        (IMAGES // 16, IMAGES // 16 / 8 - 1),  # levels from 0 to 15, as the digits' to 16
        (IMAGES > 99, (IMAGES > 99) * 2.0 - 1),
    ],
)
def test_levels_become_numbers_from_minus_1_to_1(tmp_path, images, expected):
    data = saved(tmp_path / "a.npz", x_train=images, y_train=LABELS, x_test=images, y_test=LABELS)
    for split in (data.train, data.test):
        assert split.images[:].dtype == np.float32
        assert np.allclose(split.images[:][..., 0], expected, atol=1e-6)
    assert data.preprocessing["low"] == -1 and data.preprocessing["ink"] == "any"


def test_numbers_in_a_range_of_their_own_stay_as_they_are(tmp_path):
    standard = RNG.normal(0, 2, (20, 4, 4, 3))
    data = saved(tmp_path / "a.npz", images=standard, labels=LABELS)
    held = np.isin(np.arange(20), [0, 1, 2, 3])  # the first of each class
    assert np.array_equal(data.train.images, standard[~held].astype(np.float32))
    assert "low" not in data.preprocessing  # so a picture file can't become an input


def test_channels_that_come_first_are_moved(tmp_path):
    first = RNG.integers(0, 256, (20, 3, 8, 9), np.uint8)
    first[0, 0, 0, 0] = 255
    data = saved(tmp_path / "a.npz", x_train=first, y_train=LABELS, x_test=first, y_test=LABELS)
    assert data.train.images.shape == (20, 8, 9, 3)
    assert np.array_equal(data.test.images.levels, first.transpose(0, 2, 3, 1))
    assert data.remarks == ("channels came first: moved to the end",)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"a": IMAGES}, "holds a: expected arrays x_train/y_train or"),
        ({"images": IMAGES}, "holds images: expected arrays"),
        ({"images": np.array([IMAGES, None], object), "labels": LABELS}, "array of Python objects"),
        ({"images": IMAGES, "labels": np.array([1, "a"], object)}, "array of Python objects"),
        ({"images": IMAGES, "labels": LABELS[:-1]}, "20 images and 19 labels"),
        ({"images": IMAGES, "labels": LABELS - 1}, "labels from -1 to 2, for 20 images"),
        ({"images": IMAGES, "labels": LABELS + 10**9}, "labels from 1,000,000,000 to"),
        ({"images": IMAGES, "labels": LABELS * 0}, "one class alone"),
        ({"images": IMAGES, "labels": LABELS / 2}, "labels of shape .20,. and dtype float64"),
        ({"images": IMAGES, "labels": np.eye(20)[:, :4]}, "labels of shape"),
        ({"images": IMAGES[:, 0], "labels": LABELS}, r"has shape \(20, 5\): expected \(n, height"),
        ({"images": IMAGES * 1000.0 * np.nan, "labels": LABELS}, "NaN or infinity"),
        ({"images": IMAGES.astype(int) - 9, "labels": LABELS}, "levels from -9 to 246"),
        ({"images": IMAGES.astype(str), "labels": LABELS}, "of dtype <U3: no images"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "holds 0 values"),
        (
            {"images": IMAGES, "labels": LABELS, "class_names": np.arange(4)},
            "class_names in .* no array of words",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:, :5], "y_test": LABELS},
            "training and test images of 6x5x1 and 5x5x1 pixels",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES / 255, "y_test": LABELS},
            "unlike the training images",
        ),
        (
            {"x_train": IMAGES / 255, "y_train": LABELS, "x_test": IMAGES - 99.0, "y_test": LABELS},
            "another range than the training images",
        ),
    ],
)
def test_what_cannot_be_meant(tmp_path, arrays, sentence):
    with pytest.raises(InputError, match=sentence):
        saved(tmp_path / "a.npz", **arrays)


def whole() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, images=IMAGES, labels=LABELS)
    return file.getvalue()


def with_header(shape: str) -> bytes:
    """An .npz whose images claim another shape."""
    file = io.BytesIO()
    np.save(file, IMAGES)
    claimed = file.getvalue().replace(b"(20, 6, 5), }" + b" " * (len(shape) - 10), shape.encode()
                                      + b", }")  # fmt: skip
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("images.npy", claimed)
        np.save(file := io.BytesIO(), LABELS)
        target.writestr("labels.npy", file.getvalue())
    return archive.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (whole()[:-40], "is no whole .npz file"),
        (whole()[:300] + bytes(40) + whole()[340:], "is no whole .npz file"),
        (with_header("(4000000000, 28, 28)"), "says that it has 3,136,000,000,000 numbers"),
        (with_header("(20, 6, 4)"), "says that it has 480 numbers"),
        (b"<html>", "is an HTML page"),
    ],
)
def test_a_damaged_file(tmp_path, content, sentence):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        load_dataset(tmp_path / "a.npz")
