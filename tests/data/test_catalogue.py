"""Data sets by name: where they are looked for, and where a run finds its own again."""

import gzip
import zlib

import numpy as np
import pytest
from data_files import idx, write_cifar, write_idx, write_pictures

from minivit import InputError, load_dataset, variant
from minivit.data import DATASETS, data_of, finding
from minivit.data.known import KNOWN, Known

pytestmark = pytest.mark.usefixtures("nowhere")


@pytest.mark.parametrize(
    ("name", "place", "write"),
    [
        ("mnist", "data/MNIST/raw", write_idx),
        ("fashion", "data/FashionMNIST/raw", write_idx),
        ("fashion", "home/.keras/datasets/fashion-mnist", write_idx),
        ("cifar10", "data/cifar-10-batches-py", write_cifar),
        ("cifar10", "home/.keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py",
         write_cifar),
        ("cifar10", "data/cifar-10-batches-bin", lambda p: write_cifar(p, form="binary")),
        ("cifar100", "data/cifar-100-python", lambda p: write_cifar(p, fine=True)),
    ],
)  # fmt: skip
def test_sets_are_found_where_others_put_them(tmp_path, name, place, write):
    write(tmp_path / place)
    data = load_dataset(name)
    assert data.name == name and data.preprocessing["place"] == str(tmp_path / place)
    assert data.class_names == list(KNOWN[name].class_names)
    ink = ("bright", "centre") if name == "mnist" else ("any", None)
    assert (data.preprocessing["ink"], data.preprocessing.get("framing")) == ink


def test_keras_own_file(tmp_path):
    folder = tmp_path / "home" / ".keras" / "datasets"
    folder.mkdir(parents=True)
    images, labels = np.zeros((20, 28, 28), np.uint8), np.arange(20, dtype=np.uint8) % 10
    images[0] = 255
    np.savez(folder / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert load_dataset("mnist").test.images.shape == (20, 28, 28, 1)


def test_the_variable_goes_first_and_an_empty_folder_is_passed_over(tmp_path, monkeypatch):
    write_idx(tmp_path / "data" / "MNIST" / "raw")
    write_idx(tmp_path / "mine" / "mnist", train=60)
    assert len(load_dataset("mnist").train.labels) == 40
    monkeypatch.setenv("MINIVIT_DATA", str(tmp_path / "mine"))
    assert len(load_dataset("mnist").train.labels) == 60
    (tmp_path / "mine" / "MNIST" / "raw").mkdir(parents=True)
    (tmp_path / "mine" / "MNIST" / "raw" / "train-images-idx3-ubyte.gz.part").write_bytes(b"half")
    assert len(load_dataset("mnist").train.labels) == 60


@pytest.mark.parametrize("name", KNOWN)
def test_a_set_that_is_nowhere_says_where_it_was_looked_for_and_how_to_get_it(name):
    with pytest.raises(InputError) as error:
        load_dataset(name)
    sentence = str(error.value)
    assert sentence.startswith(
        f"{name} is not on this machine: looked in ./data, ~/.keras/datasets"
    )
    assert f"`minivit data get {name}` fetches it" in sentence
    assert all(place in sentence for place in KNOWN[name].places)


def test_the_labels_tell_a_well_known_set_in_a_folder_of_any_name(tmp_path, monkeypatch):
    arrays = write_idx(tmp_path / "anything")
    sum_of_labels = zlib.crc32(arrays["train-labels-idx1-ubyte"].tobytes())
    known = KNOWN["mnist"]._replace(labels_sum=sum_of_labels)
    monkeypatch.setitem(KNOWN, "mnist", known)
    data = load_dataset(tmp_path / "anything")
    assert data.name == "mnist" and data.preprocessing["framing"] == "centre"
    with pytest.raises(InputError, match="holds mnist, not fashion"):
        (tmp_path / "data").mkdir()
        (tmp_path / "anything").rename(tmp_path / "data" / "fashion")
        load_dataset("fashion")


def test_a_folder_of_several_sets_names_them(tmp_path):
    write_idx(tmp_path / "data" / "MNIST" / "raw")
    write_cifar(tmp_path / "data" / "cifar-10-batches-py")
    with pytest.raises(InputError, match=r"holds several data sets .*MNIST/raw, .*batches-py"):
        load_dataset("data")
    (tmp_path / "data" / "cifar-10-batches-py").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="holds several data sets or parts of one: give one of"):
        load_dataset(tmp_path / "data")


def test_a_name_goes_before_a_file_and_a_path_is_a_path(tmp_path):
    write_pictures(tmp_path / "digits")
    assert load_dataset("digits").train.images.shape == (1437, 8, 8, 1)
    assert load_dataset("./digits").class_names == ["blue", "green", "red"]
    write_pictures(tmp_path / "mnist")
    for name in ("mnist", "digits"):  # so that no run takes it for the other
        assert load_dataset(f"./{name}").name == f"my-{name}"
    with pytest.raises(InputError, match=r"\./nowhere does not exist: give a file or folder"):
        load_dataset("./nowhere")
    with pytest.raises(InputError, match="unknown dataset ''"):
        load_dataset("")
    (tmp_path / "a.tar").write_bytes(bytes(257) + b"ustar" + bytes(250))
    with pytest.raises(InputError, match="is an archive: unpack it with tar"):
        load_dataset("a.tar")


@pytest.mark.parametrize("image", [0, 1025, (48,), (48, 2.5), "48", None])
def test_sides_that_can_not_be_are_refused(tmp_path, image):
    write_pictures(tmp_path / "pets")
    if image is None:
        assert load_dataset("./pets", image=1024).train.images.shape[1:] == (1024, 1024, 3)
        return
    with pytest.raises(InputError, match="expected a whole number from 1 to 1024, or a pair"):
        load_dataset("./pets", image=image)


def test_a_run_finds_its_data_again(tmp_path):
    write_pictures(tmp_path / "pets")
    data, config = load_dataset("./pets", image=16), variant("digits", image=16, channels=3)
    again = data_of(data.preprocessing, config)
    assert again.train.images.shape == data.train.images.shape
    assert again.preprocessing == data.preprocessing
    (tmp_path / "pets").rename(tmp_path / "moved")
    with pytest.raises(InputError, match=r"'pets' lay in .*pets, and that does not exist any more"):
        data_of(data.preprocessing, config)
    assert data_of(data.preprocessing, config, "moved").train.images.shape[1:] == (16, 16, 3)


def test_a_well_known_set_that_moved_is_found_by_its_name(tmp_path):
    write_idx(tmp_path / "data" / "MNIST" / "raw")
    preprocessing = load_dataset("mnist").preprocessing
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="mnist is not on this machine"):
        data_of(preprocessing, variant("digits"))
    (tmp_path / "elsewhere" / "MNIST" / "raw").rename(tmp_path / "elsewhere" / "mnist")
    (tmp_path / "elsewhere").rename(tmp_path / "data")
    assert data_of(preprocessing, variant("digits")).preprocessing["place"].endswith("data/mnist")


def test_an_own_folder_called_digits_that_moved_is_not_taken_for_the_digits(tmp_path):
    write_pictures(tmp_path / "digits")
    found = load_dataset("./digits").preprocessing
    preprocessing = found | {"dataset": "digits"}  # as earlier versions called it
    (tmp_path / "digits").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="does not exist any more"):
        data_of(preprocessing, variant("digits"))


def test_a_part_of_a_well_known_set_is_not_taken_for_the_whole(tmp_path):
    write_idx(tmp_path / "data" / "MNIST" / "raw")
    for path in (tmp_path / "data" / "MNIST" / "raw").glob("t10k*"):
        path.unlink()
    with pytest.raises(InputError, match=r"holds a part of mnist, without its test images"):
        load_dataset("mnist")
    assert len(load_dataset("data/MNIST/raw").test.labels) == 10


def test_names_and_places_are_in_order():
    assert DATASETS[:2] == ("digits", "fashion-small") and set(KNOWN) <= set(DATASETS)
    for known in KNOWN.values():
        assert isinstance(known, Known) and len(set(known.class_names)) == len(known.class_names)
        for checksum in [*known.sums.values(), *(a.checksum for a in known.archives)]:
            kind, digits = checksum.split(":")
            assert len(digits) == {"md5": 32, "sha256": 64}[kind]


def test_checksums_tell_a_changed_file(tmp_path):
    write_idx(tmp_path / "m")
    sums = finding.checked_files("mnist", tmp_path / "m")
    assert set(sums.values()) == {False} and len(sums) == 4
    (tmp_path / "m" / "other").write_bytes(gzip.compress(idx(np.zeros(3))))
    assert finding.checked_files("mnist", tmp_path / "m")[tmp_path / "m" / "other"] is None
