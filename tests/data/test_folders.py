"""A folder per class of pictures: found, held out, decoded when asked for."""

import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from data_files import COLOURS, write_pictures
from PIL import Image

from minivit import InputError, load_dataset
from minivit.data import picture_source
from minivit.data.picture_files import prepare_picture


def test_classes_by_name_with_a_part_of_each_put_aside(tmp_path):
    write_pictures(tmp_path / "pets")
    data = load_dataset(tmp_path / "pets")
    assert data.name == "pets" and data.class_names == ["blue", "green", "red"]
    assert np.bincount(data.train.labels).tolist() == [8, 8, 8]
    assert np.bincount(data.test.labels).tolist() == [2, 2, 2]
    assert "6 of 30 are put aside" in data.remarks[0]
    assert data.train.images.slow and data.train.images.shape == (24, 64, 64, 3)
    assert data.train.images.remark == (
        "pictures of 20x20 to 22x20 pixels: the middle part of each, resized to 64x64"
    )
    means = data.train.images[:].mean(axis=(1, 2))
    for label, colour in enumerate(COLOURS.values()):
        expected = np.array(colour) / 127.5 - 1
        assert np.abs(means[data.train.labels == label] - expected).max() < 0.05


def test_small_pictures_of_one_size_stay_as_they_are(tmp_path):
    for name, grey in (("dark", 50), ("light", 200)):
        (tmp_path / name).mkdir()
        for i in range(4):
            levels = np.full((12, 16), grey + i, np.uint8)
            Image.fromarray(levels).save(tmp_path / name / f"{i}.png")
    images = load_dataset(tmp_path).train.images
    assert images.shape == (6, 12, 16, 1)  # grey
    assert np.allclose(images[:], (np.array([51, 52, 53, 201, 202, 203]) / 127.5 - 1)
                       [:, None, None, None], atol=1e-6)  # fmt: skip
    assert images.remark == "pictures of 16x12 pixels"


def test_train_and_test_and_what_is_left_out(tmp_path):
    for part, each in (("Train", 6), ("test", 3), ("val", 2)):
        write_pictures(tmp_path / part, each=each)
    write_pictures(tmp_path / ".cache")
    (tmp_path / "Train" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "Train" / "red" / ".thumb.png").write_bytes(b"no picture")
    (tmp_path / "Train" / "red" / "notes.txt").write_text("not a picture")
    (tmp_path / "Train" / "list.csv").write_text("a,b")
    data = load_dataset(tmp_path)
    assert len(data.train.labels) == 18 and len(data.test.labels) == 9
    assert data.remarks == ("not used: val",)
    assert data.train.images.names[0] == "Train/blue/000.png"


def test_folders_in_a_class_are_part_of_it(tmp_path):
    write_pictures(tmp_path)
    (tmp_path / "red" / "more").mkdir()
    (tmp_path / "red" / "005.png").rename(tmp_path / "red" / "more" / "005.png")
    assert np.bincount(load_dataset(tmp_path).train.labels).sum() == 24


@pytest.mark.parametrize("given", [24, (16, 24)])
def test_the_size_may_be_chosen(tmp_path, given):
    write_pictures(tmp_path)
    data = load_dataset(tmp_path, image=given)
    height, width = (24, 24) if given == 24 else given
    for split in (data.train, data.test):
        assert split.images[1:3].shape == (2, height, width, 3)
    assert [data.preprocessing[k] for k in ("height", "width")] == [height, width]
    assert "resized_from" not in data.preprocessing


def test_predict_makes_of_a_picture_what_training_made_of_it(tmp_path):
    write_pictures(tmp_path, side=300, each=5, end="jpg")
    data = load_dataset(tmp_path)
    source = data.train.images
    for index in (0, 5, 11):
        prepared = prepare_picture(tmp_path / source.names[index], data.preprocessing).image
        assert np.abs(prepared - source[index : index + 1][0]).max() < 0.005  # half a level


def test_images_do_not_depend_on_when_they_are_asked_for(tmp_path, monkeypatch):
    write_pictures(tmp_path)
    kept, anew = load_dataset(tmp_path), load_dataset(tmp_path)
    whole = kept.train.images[:]
    monkeypatch.setattr(picture_source, "MOST_KEPT", 0)
    source = anew.train.images.resized((64, 64), 3)
    assert source.kept is None and kept.train.images.is_kept.all()
    order = np.random.default_rng(0).permutation(24)
    assert np.array_equal(source[order], whole[order])
    assert np.array_equal(kept.train.images[order], whole[order])
    assert np.array_equal(source.subset(np.array([3, 1]))[:], whole[[3, 1]])


def test_a_small_set_is_decoded_once(tmp_path, monkeypatch):
    write_pictures(tmp_path)
    images = load_dataset(tmp_path).train.images
    first = images[:7]
    monkeypatch.setattr(picture_source, "read_picture", None)  # it would be an error to call it
    assert np.array_equal(images[:7], first)
    with pytest.raises(TypeError):
        images[6:8]


def test_the_fingerprint_tells_other_files_and_knows_moved_ones(tmp_path):
    write_pictures(tmp_path / "a")
    before = load_dataset(tmp_path / "a").train.images.fingerprint()
    (tmp_path / "a").rename(tmp_path / "b")
    assert load_dataset(tmp_path / "b").train.images.fingerprint() == before
    assert load_dataset(tmp_path / "b", image=32).train.images.fingerprint() != before
    changed = tmp_path / "b" / "red" / "004.png"
    changed.write_bytes(changed.read_bytes() + b"x")
    assert load_dataset(tmp_path / "b").train.images.fingerprint() != before
    changed.rename(changed.with_name("zzz.png"))
    assert load_dataset(tmp_path / "b").train.images.fingerprint() != before


def bomb() -> bytes:
    """A PNG file of a few bytes that says it has 900 million pixels."""

    def chunk(kind, content):
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bomb(), "unpacks to more than 50,000,000 pixels"),
        (b"no picture", "is not a picture of a known kind"),
        (b"", "is empty"),
        (None, "can't be read as a picture, it is damaged or truncated"),
    ],
)
def test_a_bad_picture_is_named_when_its_batch_comes(tmp_path, content, sentence):
    write_pictures(tmp_path, side=40)
    bad = tmp_path / "green" / "003.png"
    bad.write_bytes(bad.read_bytes()[:1500] if content is None else content)
    images = load_dataset(tmp_path).train.images
    index = images.names.index("green/003.png")
    images[:index]
    with pytest.raises(InputError, match=sentence) as error:
        images[index - 1 : index + 3]
    assert str(bad) in str(error.value)
    assert images[index + 1 :].shape[0] == len(images) - index - 1


def test_warnings_are_as_before(tmp_path):
    write_pictures(tmp_path)
    filters = list(warnings.filters)
    load_dataset(tmp_path).train.images[:]
    assert warnings.filters == filters


def test_an_empty_class_is_named(tmp_path):
    write_pictures(tmp_path)
    (tmp_path / "white").mkdir()
    with pytest.raises(InputError, match=r"the class 'white' is empty: .*white holds no pictures"):
        load_dataset(tmp_path)


def test_one_class_is_not_enough(tmp_path):
    write_pictures(tmp_path)
    for name in ("red", "green"):
        (tmp_path / name).rename(tmp_path / f".{name}")
    with pytest.raises(InputError, match=r"has 1 folder with pictures \(blue\): expected a folder"):
        load_dataset(tmp_path)


def test_a_class_that_only_the_test_images_have(tmp_path):
    write_pictures(tmp_path / "train")
    write_pictures(tmp_path / "test")
    (tmp_path / "train" / "green").rename(tmp_path / "train" / "grean")
    with pytest.raises(InputError, match=r"has a class 'green', which .*train has not"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("content", [[], ["a.png"], ["a.txt", "b.csv"]])
def test_a_folder_that_holds_no_data_set(tmp_path, content):
    for name in content:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match="holds no data set: expected a folder per class"):
        load_dataset(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_class_that_may_not_be_read(tmp_path):
    write_pictures(tmp_path)
    (tmp_path / "red").chmod(0)
    with pytest.raises(PermissionError):
        load_dataset(tmp_path)
    (tmp_path / "red").chmod(0o755)
