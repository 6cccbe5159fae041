"""Which recipe and which data `minivit train` takes, and what is changed in the recipe."""

import os

import numpy as np
import pytest

from minivit import load_recipe
from minivit.checkpoints import read_checkpoint, read_header
from minivit.cli.main import main
from minivit.training import pace

pytestmark = pytest.mark.usefixtures("on_numpy")

SMALL = ["--width", "16", "--depth", "1", "--heads", "2", "--mlp", "16", "--batch", "120"]
MINE = """
data = "digits"
[model]
patch = 4
width = 16
depth = 1
heads = 2
mlp = 16
[training]
epochs = 2
batch = 120
seed = 3
"""


def run(*arguments, code=0):
    assert main(list(map(str, arguments))) == code


def parameters(run):
    return read_checkpoint(run)[1]["parameters"]


def assert_same(one, two):
    first, second = parameters(one), parameters(two)
    assert all(np.array_equal(array, second[name]) for name, array in first.items())


def test_without_a_word_it_is_the_recipe_of_the_digits():
    for options in ([], ["--recipe", "digits"], ["--data", "digits"]):
        run("train", "--epochs", 1, *SMALL, *options)
    assert_same("runs/digits-1", "runs/digits-2")
    assert_same("runs/digits-1", "runs/digits-3")


def test_a_recipe_of_ones_own_its_changes_and_the_run_anew(tmp_path, capsys):
    (tmp_path / "mine.toml").write_text(MINE)
    run("train", "--recipe", "mine.toml", "--seed", 4)
    said = capsys.readouterr().out
    assert "recipe mine: epochs 2, batch 120, learning rate 0.002\n" in said
    assert "seed 4; run folder runs/mine-1" in said.replace(os.sep, "/")
    saved = read_header("runs/mine-1")
    assert saved["config"]["patch"] == [4, 4]
    kept = {name: saved["training"]["recipe"][name] for name in ("epochs", "seed", "name")}
    assert kept == {"epochs": 2, "seed": 4, "name": "mine"}
    run("train", "--recipe", "runs/mine-1")
    assert_same("runs/mine-1", "runs/mine-2")
    capsys.readouterr()
    run("info", "runs/mine-2")
    assert "  recipe" in (said := capsys.readouterr().out) and " mine\n" in said


def test_a_file_that_is_broken_leaves_nothing(tmp_path, capsys):
    (tmp_path / "mine.toml").write_text(MINE.replace("epochs", "epoch"))
    run("train", "--recipe", "mine.toml", code=2)
    error = capsys.readouterr().err
    assert error.startswith("minivit: mine.toml: [training] has an entry 'epoch'")
    assert error.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.toml"]


def test_a_former_run_that_has_no_recipe_gets_one(tmp_path):
    run("train", "--epochs", 1, "--out", "run", *SMALL)
    path = tmp_path / "run" / "recipe.toml"
    text = path.read_text()
    path.unlink()
    run("train", "--resume", "run")
    assert path.read_text() == text


def test_a_time_is_filled_and_what_was_chosen_is_kept(capsys, monkeypatch):
    expected = pace.Expected(1.0, evaluation=0.1, save=0.05)
    monkeypatch.setattr(pace, "rehearse", lambda training: expected)
    run("train", "--time", "60s", *SMALL, "--out", "run")
    said = capsys.readouterr().out
    epochs = read_header("run")["training"]["recipe"]["epochs"]
    assert f"{epochs} epochs fit into 1 min\n" in said
    assert load_recipe("run").training["epochs"] == epochs
    run("train", "--epochs", epochs, *SMALL, "--out", "told")
    assert_same("run", "told")
