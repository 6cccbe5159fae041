"""`minivit train`, as it is typed. Sizes are small; the figures of the README are not made here."""

import csv
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit.checkpoints import load, read_checkpoint, read_header
from minivit.cli.main import main
from minivit.cli.resuming import tell_of_changes
from minivit.cli.voice import Voice
from minivit.training import Training, held, snapshots
from minivit.training.ranks import Ranks, RanksDiffer
from minivit.training.training import bits_now

pytestmark = pytest.mark.usefixtures("on_numpy")

SMALL = ["--width", "16", "--depth", "1", "--heads", "2", "--mlp", "16", "--batch", "120"]
GROUPS = ("parameters", "first_moment", "second_moment")


def run(*arguments, code=0):
    assert main(["train", *map(str, arguments)]) == code


def started(*arguments):
    command = [sys.executable, "-m", "minivit", "train", "--threads", "1", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process):
    said, _ = process.communicate()
    assert process.returncode == 0, said


def assert_same_run(one, two):
    for table in ("history.csv", "places.csv"):
        assert (one / table).read_bytes() == (two / table).read_bytes()
    first, second = (read_checkpoint(folder, GROUPS)[1] for folder in (one, two))
    for group in GROUPS:
        assert first[group].keys() == second[group].keys()
        for name, array in first[group].items():
            assert np.array_equal(array, second[group][name]), (group, name)


def test_a_run_leaves_its_files_and_says_where(tmp_path, capsys):
    out = tmp_path / "run"
    run("--epochs", 2, "--out", out, *SMALL)
    said = capsys.readouterr().out
    names = {"checkpoint.safetensors", "history.csv", "places.csv", "timing.csv", "attention.png",
             "curve.png", "recipe.toml"}  # fmt: skip
    assert {entry.name for entry in out.iterdir()} == names
    assert f"In {out}:\n" in said and all(f"  {name} " in said for name in names)
    following = [
        f"  minivit {verb} {out}" for verb in ("evaluate", "plot", "explain", "look", "predict")
    ]
    assert "\n".join(["\nNext:", *following]) in said
    assert len((out / "history.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("part, word", [(0, "test"), (0.2, "held-out")])
def test_it_says_which_images_it_was_measured_on(part, word, tmp_path, capsys):
    run("--epochs", 1, "--hold-out", part, "--out", tmp_path / "run", *SMALL)
    said = capsys.readouterr().out
    assert f"{word} images of 8x8 pixels" in said and f"  {word} loss  accuracy" in said
    assert f"\n{word.capitalize()} accuracy after the last epoch: " in said


def test_snapshots_lie_beside_and_a_run_that_overwrites_removes_them(tmp_path, capsys):
    out, all_steps = tmp_path / "run", 2 * 12
    run("--epochs", 2, "--snapshots", 4, "--out", out, *SMALL)
    assert "snapshots/              4 models along the way" in capsys.readouterr().out
    assert [step for step, _ in snapshots(out)] == [0, 8, 16, all_steps]
    assert np.array_equal(load(out).parameters.flat, list(snapshots(out))[-1][1].parameters.flat)
    before = [path.read_bytes() for path in (out / "snapshots").iterdir()]
    run("--resume", out)
    assert [path.read_bytes() for path in (out / "snapshots").iterdir()] == before
    (out / "snapshots" / "mine.txt").write_text("x")
    run("--epochs", 1, "--out", out, "--force", *SMALL)
    assert "no run has written it: snapshots/mine.txt" in capsys.readouterr().out
    assert [path.name for path in (out / "snapshots").iterdir()] == ["mine.txt"]


def test_snapshots_of_a_run_that_was_killed_while_it_began_to_overwrite_go(tmp_path, monkeypatch):
    run("--epochs", 1, "--snapshots", 3, "--out", tmp_path, *SMALL)
    with monkeypatch.context() as patch:
        patch.setattr("minivit.training.remove_snapshots", killed)
        with pytest.raises(Killed):
            main(["train", "--epochs", "1", "--snapshots", "5", "--out", str(tmp_path), "--force",
                  *SMALL])  # fmt: skip
    run("--resume", tmp_path)
    assert [step for step, _ in snapshots(tmp_path)] == [0, 3, 6, 9, 12]


class Killed(BaseException):
    pass


def killed(*arguments, **more):
    raise Killed


def test_a_run_that_diverges_at_once_leaves_no_snapshots(tmp_path):
    out = tmp_path / "run"
    run("--epochs", 2, "--out", out, "--learning-rate", 1e30, "--snapshots", 9, *SMALL, code=2)
    assert list(tmp_path.iterdir()) == []


def test_what_processes_that_have_drifted_apart_have_is_not_saved(tmp_path, capsys, monkeypatch):
    out, epochs = tmp_path / "run", []

    def compared(training):
        epochs.append(training.state.epoch)
        if len(epochs) == 2:
            raise RanksDiffer("the parameters differ")

    monkeypatch.setattr("minivit.training.training.agree_on_arrays", compared)
    run(*SMALL, "--epochs", "3", "--out", out, code=2)
    assert "after epoch 1, is kept in" in capsys.readouterr().err
    state = read_header(out)["training"]["state"]
    assert (state["epoch"], state["step"]) == (1, 0)


def test_a_recipe_with_every_change_of_images_trains(tmp_path, capsys):
    changes = ("--flip", "alternating", "--rotation", 10, "--shift", 1, "--shift-fill", "reflect",
               "--brightness", 0.2, "--contrast", 0.2, "--erasing", 0.2, "--mixup", 0.2,
               "--cutmix", 1)  # fmt: skip
    run("--epochs", 1, "--out", tmp_path / "run", *changes, *SMALL)
    with (tmp_path / "run" / "timing.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert 0 < float(row["share_of_waiting"]) < 1
    assert "preparing images" in capsys.readouterr().out


def test_averaged_weights_are_measured_and_can_be_used(tmp_path, capsys):
    out = tmp_path / "run"
    run("--epochs", 2, "--average", 0.9, "--optimiser", "sgd", "--accumulate", 3, "--freeze",
        "embed", "--out", out, *SMALL)  # fmt: skip
    said = capsys.readouterr().out
    history = (out / "history.csv").read_text().splitlines()
    assert ",test_accuracy,averaged_test_loss,averaged_test_accuracy," in history[0]
    accuracy = float(history[-1].split(",")[history[0].split(",").index("averaged_test_accuracy")])
    assert f"With the averaged weights: {accuracy:.2%}, loss " in said
    heading = next(line for line in said.splitlines() if line.endswith("averaged  seconds"))
    assert f"{accuracy:.1%}" in said and len(heading) < 80
    assert main(["evaluate", str(out), "--averaged"]) == 0
    evaluated = capsys.readouterr().out
    assert f"{out}, averaged weights, on the 360 test images" in evaluated
    assert f"accuracy  {accuracy:.2%}" in evaluated
    picture = str(out / "attention.png")
    assert main(["predict", str(out), picture, "--averaged"]) == 0


def test_averaged_weights_that_are_not_there(tmp_path, capsys):
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    capsys.readouterr()
    for verb in (["evaluate"], ["predict"]):
        more = [str(tmp_path / "attention.png")] if verb == ["predict"] else []
        assert main([*verb, str(tmp_path), *more, "--averaged"]) == 2
        error = capsys.readouterr().err
        assert "holds no averaged weights: a run keeps them when it is trained with" in error


def test_without_matplotlib_a_line_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("minivit.figures.can_draw", lambda: False)
    run("--epochs", 1, "--out", tmp_path / "run", *SMALL)
    said = capsys.readouterr().out
    assert "No curve.png: matplotlib is missing" in said and "minivit plot" not in said
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


@pytest.mark.parametrize(
    ("began", "now", "told"),
    [
        ((3, True), (3, True), ""),
        ((3, True), (3, False), "in 3 processes whose gradients are added in order and goes on in "
         "3 processes: its last bits may differ"),
        ((1, False), (2, False), "in 1 process and goes on in 2 processes: its last bits"),
    ],
)  # fmt: skip
def test_other_processes_or_another_order_of_sums_are_told(began, now, told, capsys):
    training = Training(recipe(), small_data())
    training.ranks = Ranks()
    training.ranks.count, training.ranks.ordered = now
    training.bits = bits_now() | {"processes": began[0], "ordered": began[1]}
    tell_of_changes(training, Voice())
    said = " ".join(capsys.readouterr().out.split())
    assert told in said and bool(told) == bool(said)


def test_a_run_is_its_folder_or_the_checkpoint_in_it(tmp_path, capsys):
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    run("--resume", tmp_path / "checkpoint.safetensors")
    (tmp_path / "checkpoint.safetensors").rename(tmp_path / "mine.safetensors")
    run("--resume", tmp_path / "mine.safetensors", code=2)
    error = capsys.readouterr().err
    assert "--resume goes on with the checkpoint.safetensors of a run folder" in error


def test_a_finished_run_is_not_written_again(tmp_path, capsys, monkeypatch):
    out = tmp_path / "run"
    run("--epochs", 1, "--out", out, *SMALL)
    before = (out / "checkpoint.safetensors").read_bytes()
    monkeypatch.setattr("minivit.threads.thread_count", lambda: 77)
    capsys.readouterr()
    run("--resume", out)
    said = capsys.readouterr().out
    assert said.startswith("All 1 epochs of this run are done: nothing is left to train.")
    assert "its last bits may differ" not in said and "train loss" not in said
    assert (out / "checkpoint.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--patch", 3], "image is 8x8 and patch side is 3: 8 is not a multiple of 3"),
        (["--heads", 5], "width is 64 and heads is 5"),
        (["--batch", 0], "batch is 0: expected a whole number from 1"),
        (["--learning-rate", 0], "learning rate is 0.0: expected a number above 0"),
        (["--learning-rate", "nan"], "learning rate is nan"),
        (["--data", "digit"], "the nearest is digits"),
        (["--hold-out", 0.9999], "nothing would be left on one side"),
        (["--recipe", "digit"], "no recipe 'digit'; the nearest is digits"),
        (["--recipe", "paper-imagenet"], "comes without data: say with --data"),
        (["--recipe", "digits", "--heads", 5], "width is 64 and heads is 5"),
        (["--time", "1s", *SMALL], "no epoch fits into 1.0 s"),
        (["--time", "10s", "--epochs", 3], "so --epochs can't be given with it"),
        (["--resume", "nowhere", "--recipe", "digits"], "--recipe can't be given with it"),
        (["--resume", "nowhere", "--time", "10s"], "--time can't be given with it"),
        (["--optimiser", "sgdm"], "optimiser is 'sgdm': choose 'adamw' or"),
        (["--momentum", 0.8], "the optimiser adamw has no such option"),
        (["--freeze", "block.0"], "this model learns nothing; the nearest is blocks.0"),
        (["--freeze", "embed,blocks,norm,head"], "nothing is left to learn"),
        (["--accumulate", 33], "accumulate is 33 and batch is 32"),
        (["--average", 1], "average is 1.0: expected a number above 0 to below 1"),
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
    assert "exists and is not empty, but holds no run" in capsys.readouterr().err
    run("--out", tmp_path, "--force", *SMALL, code=2)
    assert "--force only overwrites runs" in capsys.readouterr().err
    run("--out", tmp_path / "thesis.txt", *SMALL, code=2)
    assert "is a file" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_a_run_killed_in_its_first_save_left_is_no_obstacle(tmp_path):
    (tmp_path / ".checkpoint.safetensors.12345678.partial").write_bytes(b"half")
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    assert not list(tmp_path.glob(".*"))


def test_force_removes_what_plot_drew_of_the_former_run_and_no_other_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    assert main(["plot", str(tmp_path)]) == 0
    run("--epochs", 0, "--out", tmp_path, "--force", *SMALL)
    assert not (tmp_path / "plot.png").exists() and "Kept in" not in capsys.readouterr().out
    (tmp_path / "plot.png").write_bytes(b"of somebody else")
    run("--epochs", 0, "--out", tmp_path, "--force", *SMALL)
    assert "no run has written it: plot.png" in capsys.readouterr().out


def test_force_keeps_and_names_what_no_run_has_written(tmp_path, capsys):
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    (tmp_path / "notes.md").write_text("years of work")
    (tmp_path / "my_pictures").mkdir()
    run("--epochs", 0, "--out", tmp_path, "--force", *SMALL)
    said = capsys.readouterr().out
    assert f"Kept in {tmp_path}, as no run has written it: my_pictures/, notes.md" in said
    ours = {"checkpoint.safetensors", "recipe.toml", "attention.png"}
    names = ours | {"notes.md", "my_pictures"}
    assert {entry.name for entry in tmp_path.iterdir()} == names


def test_what_was_not_written_is_not_listed(tmp_path, capsys):
    run("--epochs", 0, "--out", tmp_path, *SMALL)
    said = capsys.readouterr().out
    for name in (
        "checkpoint.safetensors",
        "history.csv",
        "places.csv",
        "timing.csv",
        "attention.png",
        "curve.png",
        "recipe.toml",
    ):
        assert (name in said) == (tmp_path / name).exists(), name
    assert not (tmp_path / "history.csv").exists()


def test_a_run_in_progress_is_neither_overwritten_nor_resumed_by_another(tmp_path, capsys):
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    with held(tmp_path):
        capsys.readouterr()
        for arguments in (("--out", tmp_path, "--force", *SMALL), ("--resume", tmp_path)):
            run(*arguments, code=2)
            assert f"{tmp_path} is in use: another training writes" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    run("--resume", tmp_path)


@pytest.mark.parametrize("rate", [1e9, 1e30])
def test_a_first_epoch_that_diverges_keeps_no_useless_checkpoint(tmp_path, capsys, rate):
    out = tmp_path / "run"
    run("--epochs", 2, "--out", out, "--learning-rate", rate, *SMALL, code=2)
    error = capsys.readouterr().err
    assert "the first tensor with NaN or infinity is" in error
    assert f"the learning rate is {rate:g}: try the usual 0.002. It had saved nothing" in error
    assert list(tmp_path.iterdir()) == []


def test_a_later_divergence_keeps_the_last_good_checkpoint(tmp_path, capsys, monkeypatch):
    finish_epoch = Training.finish_epoch

    def broken_after_one(self):
        if self.state.epoch:
            self.model.parameters["head.b"] = np.nan
        return finish_epoch(self)

    monkeypatch.setattr(Training, "finish_epoch", broken_after_one)
    run("--epochs", 3, "--out", tmp_path, *SMALL, code=2)
    error = capsys.readouterr().err
    assert f"The last good checkpoint, after epoch 1, is kept in {tmp_path}" in error
    read_checkpoint(tmp_path, GROUPS)  # refuses NaN


def disk_full_after(monkeypatch, saves):
    write, done = Path.write_bytes, []

    def full(self, data):
        done.append(self)
        if len(done) > saves:
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)


def test_a_full_disk_at_the_first_save_loses_nothing(tmp_path, capsys, monkeypatch):
    run("--epochs", 1, "--out", tmp_path, *SMALL)
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    with monkeypatch.context() as patch:
        disk_full_after(patch, 0)
        run("--epochs", 1, "--out", tmp_path, "--force", *SMALL, code=2)
    error = capsys.readouterr().err
    assert f"{tmp_path / 'checkpoint.safetensors'} can't be written: no space left" in error
    assert "then run again" in error
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


def test_a_full_disk_in_training_advises_what_helps(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        disk_full_after(patch, 2)
        run("--epochs", 3, "--out", "my run", *SMALL, code=2)
    error = capsys.readouterr().err
    command = "minivit train --resume 'my run'"
    assert f"free some, then go on from the last checkpoint with {command}\n" in error
    run(*shlex.split(command)[2:])
    run("--epochs", 3, "--out", "undisturbed", *SMALL)
    assert_same_run(tmp_path / "my run", tmp_path / "undisturbed")


@pytest.mark.parametrize("name", ["my run", "-x", "it's"])
def test_printed_commands_can_be_pasted(tmp_path, capsys, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    run("--epochs", 1, f"--out={name}", *SMALL)
    lines = capsys.readouterr().out.splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("  minivit ")]
    assert [words[1] for words in commands] == [
        "evaluate",
        "plot",
        "explain",
        "look",
        "predict",
        "gradcheck",
    ]
    assert [main(command[1:]) for command in commands[:2]] == [0, 0]
    run(*SMALL, f"--out={name}", code=2)
    error = capsys.readouterr().err
    command = error[error.index("--resume") : error.index(", or overwrite")]
    run(*shlex.split(command))


def test_a_thread_that_is_not_the_main_one_may_train(tmp_path):
    codes = []
    command = ["train", "--epochs", "1", "--out", str(tmp_path / "run"), *SMALL]
    thread = threading.Thread(target=lambda: codes.append(main(command)))
    thread.start()
    thread.join()
    assert codes == [0]


@pytest.mark.parametrize("number", ["1.5", "some", "1e3"])
def test_an_option_that_is_no_whole_number_is_told_what_it_may_be(number, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--epochs", number])
    assert stop.value.code == 2
    assert f"--epochs: '{number}': expected a whole number from 0" in capsys.readouterr().err
