"""The bar, the lines and Ctrl-C of a training on a terminal."""

import io
import os
import re
import signal
import sys

import pytest
from small_training import recipe, small_data

from minivit import train
from minivit.cli.progress import STOPPING, Progress, on_terminal, recipe_in_words
from minivit.training import Training


class Terminal(io.StringIO):
    """What stands for a terminal of 80 columns."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("tqdm.std._screen_shape_wrapper", lambda: lambda file: (80, 24))
    return sys.stderr


@pytest.mark.parametrize("changes", [{}, {"hold_out": 0.2, "epochs": 1000}])
def test_80_columns_are_enough_for_lines_and_a_bar_that_can_be_read(terminal, capsys, changes):
    training = Training(recipe(**changes), small_data())
    with Progress(training) as progress:
        for batch in training.epoch():
            training.train_batch(batch)
            training.state.seconds = 96 / 123456  # images/s with six digits
            progress.step()
            progress.bar.refresh()
        progress.epoch(training.finish_epoch())
    bars = [line for line in re.split(r"[\r\n]", terminal.getvalue()) if "images/s" in line]
    assert all(len(bar) <= 80 for bar in bars)
    assert all(len(re.search(r"\|(.*)\|", bar)[1]) >= 12 for bar in bars)
    lines = capsys.readouterr().out.replace("\r", "\n").splitlines()
    assert sum("accuracy" in line or "%" in line for line in lines) == 2
    assert all(len(line) < 80 for line in lines)


def test_without_a_console(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr", None)
    monkeypatch.setattr("sys.stdout", None)
    assert not on_terminal()
    training = Training(recipe(), small_data())
    with Progress(training) as progress:
        train(
            training.config, training.data, training=training,
            on_step=lambda *_: progress.step(), on_epoch=lambda _, row: progress.epoch(row),
        )  # fmt: skip
        progress.interrupt(signal.SIGINT, None)
    assert training.finished and progress.interrupted


@pytest.fixture
def interruptible():
    """Ctrl-C raises KeyboardInterrupt, also where the tests run in the background."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_first_ctrl_c_says_at_once_what_a_second_one_does(capfd, interruptible):
    """It is said by the handler: the step that goes on may last as long as the kernels compile."""
    with pytest.raises(KeyboardInterrupt), Progress(Training(recipe(), small_data())) as progress:
        signal.raise_signal(signal.SIGINT)  # os.kill may reach another thread
        assert progress.interrupted
        assert capfd.readouterr().err == STOPPING
        signal.raise_signal(signal.SIGINT)  # os.kill may reach another thread
    assert "Ctrl-C again to stop at once" in STOPPING


@pytest.mark.parametrize(("least", "told"), [(20, 0), (0, 1)])
def test_how_long_it_takes_is_told_once_and_only_where_it_is_long(monkeypatch, capsys, least, told):
    monkeypatch.setattr("minivit.training.pace.SECONDS", 0.0)
    monkeypatch.setattr("minivit.cli.progress.LONG", least)
    training, plain = Training(recipe(), small_data()), train(recipe(), small_data())
    with Progress(training) as progress:
        train(
            training.config, training.data, training=training,
            on_step=lambda *_: progress.step(), on_epoch=lambda _, row: progress.epoch(row),
        )  # fmt: skip
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 + told and "train loss" in lines[told]
    found = [line for line in lines if re.match(r"About \d+\.\d s to go \(3 epochs of 0\.", line)]
    assert found == lines[:told] and all(len(line) < 80 for line in found)
    assert all(re.search(r"\), at most about [\d,]*0 MB of memory$", line) for line in found)
    assert training.state.history == plain.state.history


def test_a_recipe_in_words_leaves_out_what_is_usual():
    config = recipe(shift=2, hold_out=0.2, epochs=60, batch=32, name="mine\n", seed=3)
    assert recipe_in_words(config) == (
        "recipe mine\\n: epochs 60, batch 32, learning rate 0.002, hold out 0.2, shift 2"
    )
    changed = recipe(warmup_epochs=3, weight_decay=1, smoothing=0, clip=2, beginning="mimetic")
    assert all(len(line) < 80 for line in recipe_in_words(changed).splitlines())
