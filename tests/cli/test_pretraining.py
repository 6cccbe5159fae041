"""`minivit train --objective ...`, and what the other verbs do with such a run."""

import numpy as np
import pytest

from minivit.checkpoints import load
from minivit.cli.main import main

SMALL = ["--width", "16", "--depth", "2", "--heads", "2", "--mlp", "16", "--batch", "240"]


@pytest.fixture(autouse=True)
def on_numpy(monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")


@pytest.fixture(scope="module", params=["masked-patches", "mae"])
def run(request, tmp_path_factory):
    """A run of the digits that looked at no label."""
    folder = tmp_path_factory.mktemp(request.param) / request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIVIT_BACKEND", "numpy")
        words = ["train", "--epochs", "1", "--quiet", "--out", str(folder), *SMALL]
        assert main([*words, "--objective", request.param]) == 0
    return folder


def test_it_says_how_well_it_tells_what_is_hidden_and_what_to_do_next(run, capsys):
    assert main(["train", "--resume", str(run)]) == 0  # it is done: measured and drawn anew
    said = capsys.readouterr().out
    assert f"objective {run.name}" in said
    assert "\nTest loss after the last epoch: " in said
    assert ("corrupted patches" in said) is (run.name == "masked-patches")
    assert f"minivit finetune {run} --data digits" in said and f"minivit probe {run}" in said
    assert "evaluate" not in said
    names = {"checkpoint.safetensors", "history.csv", "places.csv", "timing.csv", "curve.png",
             "recipe.toml"}  # fmt: skip
    assert {entry.name for entry in run.iterdir()} == names


def test_fine_tuning_goes_on_from_it(run, tmp_path, capsys):
    words = ["finetune", str(run), "--data", "digits", "--image-size", "12", "--epochs", "1",
             "--batch", "240", "--out", str(tmp_path / "run")]  # fmt: skip
    assert main(words) == 0
    said = capsys.readouterr().out
    assert f"takes the place of what it was pre-trained with ({run.name})" in said
    assert "Test accuracy after the last epoch: " in said
    assert load(tmp_path / "run").config.objective == "classes"
    assert main(["evaluate", str(tmp_path / "run")]) == 0


def test_verbs_that_need_classes_say_what_it_is(run, capsys):
    sentence = f"minivit: {run} was pre-trained by {run.name} and tells no classes: teach it some"
    for words in (["evaluate", str(run)], ["predict", str(run), str(run / "curve.png")]):
        assert main(words) == 2
        assert sentence in capsys.readouterr().err
    assert main(["look", str(run)]) == 2
    assert f"was pre-trained by {run.name} and tells no classes" in capsys.readouterr().err
    assert main(["export", str(run), "--to", "timm"]) == 2
    assert f"objective is {run.name}, and it knows classes" in capsys.readouterr().err
    assert not run.with_name(f"{run.name}-timm").exists()


def test_it_is_measured_drawn_checked_and_told_of(run, tmp_path, capsys):
    assert main(["info", str(run)]) == 0
    assert f"objective {run.name}" in capsys.readouterr().out
    assert main(["plot", str(run), "--out", str(tmp_path / "plot.png")]) == 0
    assert main(["plot", str(run), str(run), "--out", str(tmp_path / "two.png")]) == 0
    assert main(["gradcheck", str(run)]) == 0
    capsys.readouterr()
    assert main(["probe", str(run), "--data", "digits"]) == 0
    assert "a linear map on" in capsys.readouterr().out


def test_its_recipe_begins_the_same_anew(run, tmp_path):
    words = ["train", "--recipe", str(run), "--quiet", "--out", str(tmp_path / "two")]
    assert main(words) == 0
    assert np.array_equal(load(run).parameters.flat, load(tmp_path / "two").parameters.flat)
