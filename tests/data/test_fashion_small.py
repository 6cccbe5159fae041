"""The embedded clothes."""

import zlib
from importlib import resources

import numpy as np
from data_files import write_idx

from minivit import load_dataset
from minivit.data import fashion_small


def test_as_many_of_each_class_and_none_twice():
    data = load_dataset("fashion-small")
    assert data.train.images.shape == (5000, 28, 28, 1)
    assert data.test.images.shape == (1000, 28, 28, 1)
    assert np.bincount(data.train.labels).tolist() == [500] * 10
    assert np.bincount(data.test.labels).tolist() == [100] * 10
    assert data.class_names[9] == "ankle boot" and data.class_names[0] == "T-shirt/top"
    assert data.preprocessing["ink"] == "any"
    images = data.train.images[:]
    assert (images.min(), images.max()) == (-1, 1)
    train, test = ({image.tobytes() for image in s.images.levels} for s in (data.train, data.test))
    assert not train & test


def test_it_is_the_file_that_was_chosen():
    data = load_dataset("fashion-small")
    checksum = 0
    for split in (data.train, data.test):
        checksum = zlib.crc32(split.images.levels, zlib.crc32(split.labels.astype("<i8"), checksum))
    assert checksum == CHECKSUM
    folder = resources.files("minivit.data") / "embedded"
    assert len((folder / "fashion-small.npz").read_bytes()) < 4_000_000
    assert "Zalando" in (folder / "FASHION-LICENSE").read_text("utf-8")
    assert "fashion-small.npz" in (folder / "SOURCE.txt").read_text("utf-8")


def test_the_script_chooses_evenly(tmp_path, monkeypatch):
    arrays = write_idx(tmp_path / "source", train=60, test=40)
    (tmp_path / "embedded").mkdir()
    monkeypatch.setattr(fashion_small, "__file__", str(tmp_path / "fashion_small.py"))
    monkeypatch.setattr(fashion_small, "OF_EACH_CLASS", {"train": 3, "test": 2})
    fashion_small.choose(tmp_path / "source")
    with np.load(tmp_path / "embedded" / "fashion-small.npz") as chosen:
        images = arrays["train-images-idx3-ubyte"]
        labels = np.arange(60) % 10
        expected = np.isin(np.arange(60) // 10, [0, 2, 4])  # of six, every second
        assert np.array_equal(chosen["train_images"], images[expected])
        assert np.array_equal(chosen["train_labels"], labels[expected])
        assert chosen["test_images"].shape == (20, 28, 28)


CHECKSUM = 4111151575
