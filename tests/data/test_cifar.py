"""CIFAR-10 and CIFAR-100: as Python 2 pickled them, as Python 3 does it, and as plain bytes."""

import numpy as np
import pytest
from data_files import cifar_images, planes, python2_pickle, write_cifar

from minivit import InputError, load_dataset
from minivit.data.known import HUNDRED, THINGS


@pytest.mark.parametrize("form", ["python2", "python3", "binary"])
@pytest.mark.parametrize("fine", [False, True])
def test_images_labels_and_classes(tmp_path, form, fine):
    images, labels = write_cifar(tmp_path, fine=fine, form=form)
    data = load_dataset(tmp_path)
    assert data.name == ("cifar100" if fine else "cifar10")
    assert data.class_names == list(HUNDRED if fine else THINGS)
    read = np.concatenate([data.train.images.levels, data.test.images.levels])
    assert np.array_equal(read, images)
    assert np.array_equal(np.concatenate([data.train.labels, data.test.labels]), labels)
    assert len(data.test.labels) == 4
    assert data.train.images[:].max() <= 1 and data.preprocessing["channels"] == 3


def test_the_class_names_of_the_files_are_taken(tmp_path):
    write_cifar(tmp_path)
    names = [f"thing {i}".encode() for i in range(10)]
    (tmp_path / "batches.meta").write_bytes(python2_pickle({"label_names": names}))
    assert load_dataset(tmp_path).class_names[3] == "thing 3"
    (tmp_path / "batches.meta").write_bytes(python2_pickle({"label_names": names[:4]}))
    with pytest.raises(InputError, match="does not hold the names of cifar10's classes"):
        load_dataset(tmp_path)


def test_a_hundred_classes_have_a_hundred_names():
    assert len(set(HUNDRED)) == 100 and list(HUNDRED) == sorted(HUNDRED)


def test_files_that_are_missing_are_named(tmp_path):
    write_cifar(tmp_path)
    (tmp_path / "data_batch_3").unlink()
    (tmp_path / "test_batch").unlink()
    with pytest.raises(InputError, match="data_batch_3, test_batch are missing"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>", "is an HTML page"),
        (b"", "is empty or damaged"),
        (b"\x80\2}(U", "is no whole pickle"),
        (python2_pickle({"data": planes(cifar_images(4)), "labels": [0, 1, 2]}), "4 images and 3"),
        (python2_pickle({"data": planes(cifar_images(2)), "labels": [0, 10]}), "from 0 to 10"),
        (python2_pickle({"data": planes(cifar_images(2)), "labels": [-1, 1]}), "from -1 to 1"),
        (python2_pickle({"data": planes(cifar_images(2))[:, :99], "labels": [0, 1]}), 'no "data"'),
        (python2_pickle({"data": planes(cifar_images(2)), "labels": b"01"}), "has no labels"),
        (python2_pickle({"labels": [0, 1]}), 'no "data" of 3072 bytes'),
    ],
)  # fmt: skip
def test_a_damaged_batch(tmp_path, content, sentence):
    write_cifar(tmp_path)
    (tmp_path / "data_batch_2").write_bytes(content)
    with pytest.raises(InputError) as error:
        load_dataset(tmp_path)
    assert str(tmp_path / "data_batch_2") in str(error.value) and sentence in str(error.value)


def test_a_damaged_binary_file(tmp_path):
    write_cifar(tmp_path, form="binary")
    path = tmp_path / "data_batch_2.bin"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(InputError, match=r"12,291 bytes, which is no multiple of the 3,073"):
        load_dataset(tmp_path)
    path.write_bytes(b"\x0b" + whole[1:])
    with pytest.raises(InputError, match="labels from"):
        load_dataset(tmp_path)
