"""How long a training takes, and how many epochs fit into a time."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from small_training import recipe, small_data

from minivit import InputError
from minivit.cli.arguments import duration
from minivit.training import Expected, Pace, Training, fit_time, pace, time_in_words
from minivit.training.pace import evaluation_seconds, rehearse, typed
from minivit.training.ranks import Ranks


def standing(epochs: int = 10, epoch: int = 0, step: int = 0, seconds: float = 0.0):
    """What stands for a training of 4 steps an epoch."""
    state = SimpleNamespace(epoch=epoch, step=step, seconds=seconds)
    return SimpleNamespace(config=recipe(epochs=epochs), state=state, steps_per_epoch=4)


def test_cold_steps_do_not_count_and_a_new_epoch_begins_at_0():
    training = standing(step=1, seconds=50.0)  # resumed
    found = Pace(training)
    for step, took in zip([2, 3, 4, 1, 2], [9.0, 8.0, 0.25, 0.5, 0.75], strict=True):
        assert not found.known
        before = training.state.seconds if step > 1 else 0.0
        training.state.step, training.state.seconds = step, before + took
        found.step()
    assert found.known  # three steps of 1.5 s together, after two cold ones
    assert found.each == 0.5


def test_what_is_left():
    expected = Expected(step=2.0, evaluation=5.0, save=1.0)
    assert expected.epoch(4) == 14
    whole, last = standing(10), standing(10, epoch=9, step=3)
    assert expected.left(whole) - expected.left(standing(9)) == 14
    assert expected.left(whole) - expected.left(last) == 9 * 14 + 3 * 2
    assert 14 - 6 < expected.left(last) < 30  # the figures at the end take seconds, too


@pytest.mark.parametrize(("step", "seconds"), [(0.1, 100), (2.0, 100), (2.0, 3600), (30.0, 300)])
def test_the_epochs_fill_the_time_and_no_more(monkeypatch, step, seconds):
    expected = Expected(step, evaluation=step, save=0.01)
    monkeypatch.setattr(pace, "rehearse", lambda training: expected)
    config = fit_time(recipe(epochs=77), small_data(), seconds)
    assert config == recipe(epochs=config.epochs)
    needed = config.epochs * (5 * step + step + 0.01)
    assert needed + step < seconds < (needed + 6 * step + step) * 1.05 + 6


def test_a_time_that_is_too_short_says_which_is_not(monkeypatch):
    monkeypatch.setattr(pace, "rehearse", lambda training: Expected(40.0, evaluation=10.0))
    with pytest.raises(InputError, match=r"no epoch fits into 2 min: .* 3 min 30 s, .*least (\d+)"):
        fit_time(recipe(), small_data(), 120)
    with pytest.raises(InputError) as error:
        fit_time(recipe(), small_data(), 120, began=time.perf_counter() - 60)
    least = duration(str(error.value).partition("at least ")[2].partition(",")[0])
    found = fit_time(recipe(), small_data(), least, began=time.perf_counter() - 60)
    assert found.epochs == 1


def test_a_rehearsal_times_every_part(monkeypatch):
    monkeypatch.setattr(pace, "SECONDS", 0.0)
    training = Training(recipe(batch=96), small_data())  # one step an epoch: it takes several
    found = rehearse(training)
    assert min(found) > 0
    assert evaluation_seconds(training) > 0


@pytest.mark.parametrize(("ranks", "images"), [(1, 150), (2, 128), (3, 128)])
def test_ranks_share_an_evaluation_out(ranks, images, monkeypatch):
    """Of 150 images in batches of 128, several ranks wait for the one that has the full batch."""
    training = Training(recipe(), small_data(test=150))
    training.ranks = Ranks()
    training.ranks.count = ranks
    times = iter([0.0, 3.0])  # of the 150 images that are timed
    monkeypatch.setattr(pace.time, "perf_counter", lambda: next(times))
    assert evaluation_seconds(training) == pytest.approx(3 * images / 150)


def test_what_was_fitted_is_the_recipe_with_other_epochs(monkeypatch):
    """So it trains to the same bits as if it had been told them."""
    monkeypatch.setattr(pace, "SECONDS", 0.0)
    told = recipe(hold_out=0.2, name="mine")
    config = fit_time(told, small_data(), 1000)
    assert config.epochs > 3 and replace(config, epochs=3) == told and config.name == "mine"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (8.31, "8.3 s"), (9.96, "10 s"), (59.6, "1 min"), (250, "4 min 10 s"),
     (3599.7, "1 h"), (5400, "1 h 30 min"), (360_000, "100 h")],
)  # fmt: skip
def test_times_in_words(seconds, words):
    assert time_in_words(seconds) == words


@pytest.mark.parametrize("seconds", [0.5, 30, 119.9, 120, 601, 7000.1])
def test_a_time_as_it_is_typed_is_read_and_no_shorter(seconds):
    assert seconds <= duration(typed(seconds)) < seconds + 61
