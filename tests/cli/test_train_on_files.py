"""`minivit train --data` on every kind of set, and what one does with such a run."""

import shutil

import numpy as np
import pytest
from data_files import COLOURS, write_cifar, write_idx, write_pictures
from PIL import Image

from minivit.checkpoints import read_header
from minivit.cli.choosing import chosen
from minivit.cli.going_on import go_on
from minivit.cli.main import main
from minivit.cli.parser import read
from minivit.cli.voice import Voice
from minivit.training import save_run
from minivit.training.ranks import ALONE

pytestmark = pytest.mark.usefixtures("on_numpy", "nowhere")

SMALL = ["--width", "8", "--depth", "1", "--heads", "2", "--mlp", "8", "--batch", "16",
         "--epochs", "1"]  # fmt: skip


def write_npz(path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 12, 12), np.uint8)
    np.savez(path.with_suffix(".npz"), images=images, labels=np.arange(30) % 3)


SETS = {
    "mnist": (write_idx, "28x28", "from {}"),
    "cifar10": (write_cifar, "32x32", "from {}"),
    "pets": (write_pictures, "64x64", "6 of 30 are put aside to test on"),
    "arrays": (write_npz, "12x12", "no test images: 6 of 30"),
}


@pytest.mark.parametrize("name", SETS)
def test_train_resume_evaluate_info_gradcheck_predict(tmp_path, capsys, name):
    write, pixels, remark = SETS[name]
    place = tmp_path / "data" / name
    place.parent.mkdir()
    write(place)
    place = place if place.exists() else place.with_suffix(".npz")
    given = name if name in ("mnist", "cifar10") else str(place)
    assert main(["train", "--data", given, "--out", "run", *SMALL]) == 0
    said = capsys.readouterr().out
    assert f"{name}: " in said and f"images of {pixels} pixels" in said
    assert f"  from {place}\n" in said and remark.format(place) in said
    with Image.open("run/attention.png") as picture:
        assert picture.width == 1800
    assert main(["train", "--resume", "run"]) == 0
    assert main(["evaluate", "run"]) == 0
    assert main(["gradcheck", "run"]) == 0
    assert f"On 4 test images of {name}." in capsys.readouterr().out
    assert main(["info", "run"]) == 0
    assert str(place) in capsys.readouterr().out
    Image.fromarray(np.tri(40, dtype=np.uint8) * 255).save("half.png")
    assert main(["predict", "run", "half.png"]) == 0
    assert ("centre of mass" in capsys.readouterr().out) == (name == "mnist")


def test_a_run_whose_folder_moved_is_told_where_it_is_now(tmp_path, capsys):
    write_pictures(tmp_path / "pets", side=16)
    assert main(["train", "--data", "pets", "--image", "16", "--out", "run", *SMALL]) == 0
    (tmp_path / "pets").rename(tmp_path / "animals")
    capsys.readouterr()
    for arguments in (["train", "--resume", "run"], ["evaluate", "run"]):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert "that does not exist any more: say where they are now with --data PATH" in error
        assert main([*arguments, "--data", "animals"]) == 0
    assert main(["gradcheck", "run"]) == 0  # on noise, and it says so
    assert "On 4 random images." in capsys.readouterr().out


def test_resume_refuses_another_set_and_evaluate_other_classes(tmp_path, capsys):
    write_pictures(tmp_path / "pets", side=16)
    assert main(["train", "--data", "pets", "--image", "16", "--out", "run", *SMALL]) == 0
    shutil.copytree("pets", "other")
    (tmp_path / "other" / "red" / "009.png").unlink()
    before = (tmp_path / "run" / "checkpoint.safetensors").read_bytes()
    capsys.readouterr()
    assert main(["train", "--resume", "run", "--data", "other"]) == 2
    assert "was trained on other images or labels" in capsys.readouterr().err
    assert main(["train", "--resume", "run", "--data", "digits"]) == 2
    error = capsys.readouterr().err
    assert "was trained on images of 16x16x3 in 3 classes, and digits has 8x8x1 in 10" in error
    assert main(["train", "--resume", "run", "--image", "16"]) == 2
    assert "--image can't be given with it" in capsys.readouterr().err
    assert (tmp_path / "run" / "checkpoint.safetensors").read_bytes() == before
    assert main(["evaluate", "run", "--data", "other"]) == 0  # same classes, other pictures
    (tmp_path / "other" / "red").rename(tmp_path / "other" / "rose")
    capsys.readouterr()
    assert main(["evaluate", "run", "--data", "other"]) == 2
    error = capsys.readouterr().err
    assert "other has the classes blue, green, rose, and run knows blue, green, red" in error


def test_the_order_of_the_classes_is_that_of_their_names_and_is_stored(tmp_path):
    write_pictures(tmp_path / "pets", side=16)
    assert main(["train", "--data", "pets", "--out", "run", *SMALL]) == 0
    header = read_header("run")
    assert header["class_names"] == sorted(COLOURS)
    assert header["preprocessing"]["place"] == str(tmp_path / "pets")


@pytest.mark.parametrize("name", ["fashion-small", "shapes"])
def test_sets_that_need_no_files(name, capsys, monkeypatch):
    """A model is made for their images; a whole epoch would take long here."""
    training, _ = chosen(read("train", ["train", "--data", name]), Voice(), 0.0, ALONE)
    c = training.config.model
    assert (c.image, c.channels) == {"shapes": ((32, 32), 3)}.get(name, ((28, 28), 1))
    assert c.patch == (4, 4) and c.classes == len(training.model.class_names)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "mnist"], "mnist is not on this machine"),
        (["--data", "mnits"], "the nearest is mnist"),
        (["--data", "nowhere/pets"], "nowhere/pets does not exist"),
    ],
)
def test_bad_input(arguments, sentence, tmp_path, capsys):
    assert main(["train", *arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.startswith("minivit: ") and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", ["0", "x", "5y", "9999", "4x0"])
def test_a_size_that_cannot_be_meant(size, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--image", size])
    assert stop.value.code == 2
    assert "expected a whole number from 1 to 1024" in capsys.readouterr().err


def test_a_damaged_picture_stops_the_training_with_a_sentence(tmp_path, capsys):
    write_pictures(tmp_path / "pets")
    (tmp_path / "pets" / "green" / "003.png").write_bytes(b"no picture")
    assert main(["train", "--data", "pets", "--out", "run", *SMALL, "--batch", "64"]) == 2
    error = capsys.readouterr().err
    assert "green/003.png is not a picture of a known kind" in error and error.count("\n") == 1
    assert f"`minivit data check {tmp_path / 'pets'}` names all such files" in error
    assert error.endswith("nothing learnt yet, so no checkpoint is kept\n")
    assert not (tmp_path / "run").exists()


@pytest.fixture
def tested_on(tmp_path):
    """Options to train on pictures, and one of those to test on."""
    for part, each in (("train", 8), ("test", 3)):
        write_pictures(tmp_path / "pets" / part, each=each)
    options = ["--data", "pets", "--image", "8", *SMALL, "--epochs", "2"]
    return options, tmp_path / "pets" / "test" / "red" / "001.png"


def test_what_was_learnt_before_a_damaged_picture_is_kept_and_goes_on(tmp_path, capsys, tested_on):
    options, bad = tested_on
    assert main(["train", *options, "--out", "whole"]) == 0
    right = bad.read_bytes()
    bad.write_bytes(b"no picture")
    capsys.readouterr()
    assert main(["train", *options, "--out", "run"]) == 2
    assert "in epoch 1, after batch 2, is kept in run\n" in capsys.readouterr().err
    bad.write_bytes(right)
    assert main(["train", "--resume", "run"]) == 0
    for table in ("history.csv", "places.csv"):
        assert (tmp_path / "run" / table).read_bytes() == (tmp_path / "whole" / table).read_bytes()


def test_what_was_learnt_before_a_picture_went_missing_is_kept(tmp_path, tested_on):
    options, gone = tested_on
    training, _ = chosen(read("train", ["train", *options]), Voice(), 0.0, ALONE)
    (tmp_path / "run").mkdir()
    save_run(training, tmp_path / "run")
    gone.unlink()
    with pytest.raises(OSError, match="go on from the last checkpoint with minivit train --resume"):
        go_on(training, tmp_path / "run", Voice(quiet=True))
    state = read_header("run")["training"]["state"]
    assert (state["epoch"], state["step"]) == (0, 2)
