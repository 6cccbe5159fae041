"""IDX files: whatever they are called, packed or not, and what is wrong with bad ones."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from data_files import idx, write_idx

from minivit import InputError, load_dataset
from minivit.data.readers.idx import header_of


@pytest.mark.parametrize("packed", [True, False])
def test_four_files_are_a_data_set(tmp_path, packed):
    arrays = write_idx(tmp_path / "mine", packed=packed)
    data = load_dataset(tmp_path / "mine")
    assert data.name == "mine" and data.class_names == list("0123456789")
    images = arrays["train-images-idx3-ubyte"]
    assert data.train.images.shape == (40, 28, 28, 1) and data.test.images.shape == (20, 28, 28, 1)
    assert np.allclose(data.train.images[:][..., 0], images / 127.5 - 1, atol=1e-6)
    assert np.array_equal(data.test.labels, arrays["t10k-labels-idx1-ubyte"])
    assert data.train.labels.dtype == np.int64
    made = {"height": 28, "width": 28, "channels": 1, "low": -1, "high": 1, "ink": "any"}
    place = str(tmp_path / "mine")
    assert data.preprocessing == {"dataset": "mine", "place": place, **made}


def test_the_first_bytes_decide_whatever_the_names_and_the_larger_is_trained_on(tmp_path):
    arrays = write_idx(tmp_path)
    for number, path in enumerate(sorted(tmp_path.iterdir())):  # a gz file without .gz
        path.rename(tmp_path / f"file{number}.dat")
    (tmp_path / ".hidden-idx3-ubyte").write_bytes(b"no IDX file")
    (tmp_path / "README").write_text("where they come from")
    data = load_dataset(tmp_path)
    assert len(data.train.labels) == 40
    assert np.array_equal(data.test.labels, arrays["t10k-labels-idx1-ubyte"])


def test_names_decide_before_lengths(tmp_path):
    write_idx(tmp_path, train=20, test=40)
    assert len(load_dataset(tmp_path).train.labels) == 20


def test_a_file_that_is_there_twice_counts_once(tmp_path):
    write_idx(tmp_path, packed=True)
    write_idx(tmp_path, packed=False)
    assert len(load_dataset(tmp_path).train.labels) == 40


def test_without_test_images_a_part_of_every_class_is_put_aside(tmp_path):
    write_idx(tmp_path, train=100)
    for path in tmp_path.glob("t10k*"):
        path.unlink()
    data = load_dataset(tmp_path)
    assert np.bincount(data.test.labels).tolist() == [2] * 10
    assert np.bincount(data.train.labels).tolist() == [8] * 10
    assert "20 of 100 are put aside to test on" in data.remarks[0]


def changed(content: bytes, position: int, new: bytes) -> bytes:
    return content[:position] + new + content[position + len(new) :]


WHOLE = idx(np.random.default_rng(1).integers(0, 256, (40, 28, 28)))
BAD = {
    "truncated.gz": (gzip.compress(WHOLE)[:-200], "a gz file that is damaged or truncated"),
    "damaged.gz": (changed(gzip.compress(WHOLE), 300, bytes(9)), "a gz file that is damaged"),
    "magic": (changed(WHOLE, 2, b"\7"), "begins with the bytes 00 00 07 03; an IDX file of bytes"),
    "page": (b"\n<!DOCTYPE html><html>404</html>", "is an HTML page, perhaps one that tells of an"),
    "page.gz": (gzip.compress(b"<html>no</html>"), "is an HTML page"),
    "empty": (b"", "is empty or damaged; get it again"),
    "truncated": (WHOLE[:-1], "40 x 28 x 28 bytes, 31,376 with its header, and it has 31,375"),
    "longer": (WHOLE + b"x", "says that it holds 40 x 28 x 28 bytes"),
    "longer.gz": (gzip.compress(WHOLE + b"x"), "holds more bytes than its header says"),
    "shorter.gz": (gzip.compress(WHOLE[:-1]), "holds 1 bytes fewer than its header says"),
    "huge": (changed(WHOLE, 4, b"\xff" * 4), "says that it holds 4,294,967,295 x 28 x 28 bytes"),
    "huge.gz": (gzip.compress(changed(WHOLE, 4, b"\xff" * 4)), "4,294,967,295 x 28 x 28 bytes"),
    "header": (WHOLE[:11], "ends within its header"),
    "none": (bytes([0, 0, 8, 3]) + struct.pack(">3I", 0, 28, 28), "holds nothing"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_takes_no_memory(tmp_path, name):
    content, sentence = BAD[name]
    write_idx(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as error:
            load_dataset(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 3e6
    finally:
        tracemalloc.stop()
    assert str(error.value).startswith(f"{tmp_path / 'train-images-idx3-ubyte.gz'} ")
    assert sentence in str(error.value)


def test_images_and_labels_that_do_not_belong_together(tmp_path):
    write_idx(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(idx(np.arange(39) % 10)))
    with pytest.raises(InputError, match=r"has 40 images and train-labels-idx1-ubyte.gz 39 labels"):
        load_dataset(tmp_path)
    labels.unlink()
    with pytest.raises(InputError, match="has 2 IDX files of images and 1 of labels"):
        load_dataset(tmp_path)


def test_a_test_label_that_no_training_image_has(tmp_path):
    write_idx(tmp_path)
    labels = np.arange(20) % 10
    labels[3] = 200
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    with pytest.raises(InputError, match=r"labels from 0 to 200, for 10 classes: expected numbers"):
        load_dataset(tmp_path)


def test_one_file_alone_names_its_folder(tmp_path):
    write_idx(tmp_path)
    with pytest.raises(InputError, match="is one of several IDX files: give the folder"):
        load_dataset(tmp_path / "train-images-idx3-ubyte.gz")


def test_a_header_is_read_from_a_packed_file(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(WHOLE))
    assert header_of(tmp_path / "x").sizes == (40, 28, 28)
