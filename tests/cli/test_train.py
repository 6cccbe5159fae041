"""`minivit train`, as it is typed. Sizes are small; the figures of the README are not made here."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from minivit.checkpoints import read_checkpoint, read_header
from minivit.cli.main import main

SMALL = ["--width", "16", "--depth", "1", "--heads", "2", "--mlp", "16", "--batch", "120"]
GROUPS = ("parameters", "first_moment", "second_moment")


@pytest.fixture(autouse=True)
def on_numpy(monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")


def run(*arguments, code=0):
    assert main(["train", *map(str, arguments)]) == code


def started(*arguments):
    command = [sys.executable, "-m", "minivit", "train", "--threads", "1", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process):
    said, _ = process.communicate()
    assert process.returncode == 0, said


def assert_same_run(one, two):
    assert (one / "history.csv").read_bytes() == (two / "history.csv").read_bytes()
    first, second = (read_checkpoint(folder, GROUPS)[1] for folder in (one, two))
    for group in GROUPS:
        assert first[group].keys() == second[group].keys()
        for name, array in first[group].items():
            assert np.array_equal(array, second[group][name]), (group, name)


def test_a_run_leaves_its_files_and_says_where(tmp_path, capsys):
    out = tmp_path / "run"
    run("--epochs", 2, "--out", out, *SMALL)
    said = capsys.readouterr().out
    names = {"checkpoint.safetensors", "history.csv", "timing.csv", "attention.png", "curve.png"}
    assert {entry.name for entry in out.iterdir()} == names
    assert all(str(out / name) in said for name in names)
    assert f"minivit evaluate {out}" in said
    assert len((out / "history.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("part, word", [(0, "test"), (0.2, "held-out")])
def test_it_says_which_images_it_was_measured_on(part, word, tmp_path, capsys):
    run("--epochs", 1, "--hold-out", part, "--out", tmp_path / "run", *SMALL)
    said = capsys.readouterr().out
    assert f"{word} images of 8x8 pixels" in said and f"|  {word} loss " in said
    assert f"\n{word.capitalize()} accuracy after the last epoch: " in said


def test_without_matplotlib_a_line_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("minivit.figures.can_draw", lambda: False)
    run("--epochs", 1, "--out", tmp_path / "run", *SMALL)
    assert "No curve.png: matplotlib is missing" in capsys.readouterr().out
    assert (tmp_path / "run" / "attention.png").exists()


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    recipe = ("--epochs", 6, *SMALL)
    finish(started("--out", whole, *recipe))
    process = started("--out", killed, *recipe)
    while not (killed / "history.csv").exists():  # some epoch is done
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert 1 <= read_header(killed)["training"]["state"]["epoch"] < 6
    finish(started("--resume", killed))
    assert_same_run(whole, killed)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    recipe = ("--epochs", 40, *SMALL)
    finish(started("--out", whole, *recipe))
    process = started("--out", stopped, *recipe)
    while not (stopped / "history.csv").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130, said
    assert "Interrupted and saved" in said
    assert f"minivit train --resume {stopped}" in said
    finish(started("--resume", stopped))
    assert_same_run(whole, stopped)


def test_a_finished_run_is_not_written_again(tmp_path, capsys, monkeypatch):
    out = tmp_path / "run"
    run("--epochs", 1, "--out", out, *SMALL)
    before = (out / "checkpoint.safetensors").read_bytes()
    monkeypatch.setattr("minivit.threads.thread_count", lambda: 77)
    run("--resume", out)
    assert "its last bits may differ" not in capsys.readouterr().err
    assert (out / "checkpoint.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--patch", 3], "image is 8x8 and patch side is 3: 8 is not a multiple of 3"),
        (["--heads", 5], "width is 64 and heads is 5"),
        (["--batch", 0], "batch is 0: expected a whole number from 1"),
        (["--learning-rate", 0], "learning rate is 0.0: expected a number above 0"),
        (["--learning-rate", "nan"], "learning rate is nan"),
        (["--dataset", "digit"], "the nearest name is 'digits'"),
        (["--hold-out", 0.9999], "nothing would be left on one side"),
        (["--resume", ""], '"" is no name of a checkpoint'),
        (["--resume", "nowhere"], "nowhere does not exist"),
        (["--resume", "nowhere", "--epochs", 3], "--epochs can't be given with it"),
    ],
)
def test_bad_input_is_a_sentence_and_leaves_nothing(
    tmp_path, capsys, monkeypatch, arguments, sentence
):
    monkeypatch.chdir(tmp_path)
    run(*arguments, code=2)
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("minivit: ")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_kept(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    run("--out", tmp_path, *SMALL, code=2)
    assert "exists and is not empty" in capsys.readouterr().err
    run("--out", tmp_path, "--force", *SMALL, code=2)
    assert "--force only overwrites runs" in capsys.readouterr().err
    run("--out", tmp_path / "thesis.txt", *SMALL, code=2)
    assert "is a file" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_a_run_killed_in_its_first_save_left_is_no_obstacle(tmp_path):
    (tmp_path / ".checkpoint.safetensors.partial").write_bytes(b"half")
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    assert not (tmp_path / ".checkpoint.safetensors.partial").exists()


def test_divergence_names_a_tensor_and_keeps_the_last_good_checkpoint(tmp_path, capsys):
    out = tmp_path / "run"
    run("--epochs", 2, "--out", out, "--learning-rate", 1e30, *SMALL, code=2)
    assert "the first tensor with NaN or infinity is" in capsys.readouterr().err
    read_checkpoint(out, GROUPS)  # refuses NaN


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
def test_a_full_disk_is_a_sentence_and_keeps_the_old_checkpoint(tmp_path, capsys, monkeypatch):
    out = tmp_path / "run"
    run("--epochs", 1, "--out", out, *SMALL)
    before = (out / "checkpoint.safetensors").read_bytes()

    def full(self, data):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    run("--epochs", 1, "--out", tmp_path / "other", *SMALL, code=2)
    assert "no space left on the disk" in capsys.readouterr().err
    assert (out / "checkpoint.safetensors").read_bytes() == before
