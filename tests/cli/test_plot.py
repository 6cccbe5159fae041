import pytest
from PIL import Image
from small_training import recipe, small_data

from minivit import save, train
from minivit.cli.main import main
from minivit.figures import saving
from minivit.training import Training, save_run


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, rate in (("a", 0.002), ("b", 0.01)):
        (tmp_path / name).mkdir()
        save_run(train(recipe(epochs=2, learning_rate=rate), small_data()), tmp_path / name)
    return tmp_path


def plot(*arguments, code=0):
    assert main(["plot", *map(str, arguments)]) == code


def test_one_run_is_drawn_into_its_folder_again_and_again(runs, capsys):
    pytest.importorskip("matplotlib")
    for given in ("a", "a/checkpoint.safetensors"):
        plot(given)
        assert capsys.readouterr().out == "a/plot.png shows\n  a\n"
        with Image.open("a/plot.png") as picture:
            assert picture.format == "PNG"


def test_several_are_compared_in_the_current_folder_or_where_told(runs, capsys):
    pytest.importorskip("matplotlib")
    plot("a", "b", "a")
    said = capsys.readouterr().out
    assert said == "plot.png shows\n  a: learning rate 0.002\n  b: learning rate 0.01\n"
    plot("a", "b", "--out", "mine.PNG")
    assert (runs / "plot.png").exists() and (runs / "mine.PNG").exists()
    assert not (runs / "a" / "plot.png").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["a", "empty"], "empty has no checkpoint.safetensors: it is not a run folder"),
        (["model"], "model holds a model, but no run"),
        (["begun"], "begun has no finished epoch yet"),
        (["a", "--out", "picture.jpg"], "'picture.jpg' is no name of a PNG file"),
        (["a", "--out", ""], "is no name of a PNG file"),
        (["a", "--out", "no/such/p.png"], "no/such is no folder"),
        (["a", "--out", "empty.png"], "empty.png is a folder"),
        (["a", "--out", "photo.png"], "photo.png exists, and `minivit plot` has not drawn it"),
    ],
)
def test_bad_input_is_a_sentence_and_leaves_all_as_it_was(runs, capsys, arguments, sentence):
    for name in ("empty", "model", "begun", "empty.png"):
        (runs / name).mkdir()
    training = Training(recipe(), small_data())
    save(training.model, "model/checkpoint.safetensors")
    save_run(training, runs / "begun")
    Image.new("RGB", (5, 5)).save("photo.png")
    before = {path: path.is_file() and path.read_bytes() for path in runs.rglob("*")}
    plot(*arguments, code=2)
    error = capsys.readouterr().err
    assert error.startswith("minivit: ") and sentence in error
    assert {path: path.is_file() and path.read_bytes() for path in runs.rglob("*")} == before


def test_without_matplotlib_a_sentence_says_so(runs, capsys, monkeypatch):
    monkeypatch.setattr(saving, "can_draw", lambda: False)
    plot("a", code=2)
    assert "needs matplotlib, which is not installed; run pip install" in capsys.readouterr().err
    assert not (runs / "a" / "plot.png").exists()
