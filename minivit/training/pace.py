"""How long a training takes, told from a few of its steps, and how many epochs fit into a time."""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from minivit.data import Dataset
from minivit.errors import InputError
from minivit.processes import everywhere
from minivit.training.agreement import agree
from minivit.training.evaluation import BATCH, predict_logits
from minivit.training.ranks import ALONE, Ranks
from minivit.training.recipe import TrainingConfig
from minivit.training.run import run_data, save_run
from minivit.training.state import State
from minivit.training.training import Training

COLD = 2  # steps that are not timed: kernels are compiled in them, and memory is taken
TIMED, SECONDS = 2, 1.0  # at least so many steps, and so long, are timed
SPARE = 0.03  # part of a given time that is left over: a machine is not always as fast
START, PICTURES = 1.0, 3.0  # seconds around the training: imports; the figures at the end


class Pace:
    """The mean time of a training's steps, from the first few that are not cold."""

    def __init__(self, training: Training):
        self.training, self.before = training, training.state.seconds
        self.steps, self.seconds = -COLD, 0.0

    def step(self) -> None:
        """Take note that a step was done."""
        now = self.training.state.seconds
        self.steps += 1
        if self.steps > 0:
            self.seconds += now - (self.before if self.training.state.step > 1 else 0.0)
        self.before = now

    @property
    def known(self) -> bool:
        """Whether enough steps were timed."""
        return self.steps >= TIMED and self.seconds >= SECONDS

    @property
    def each(self) -> float:
        """Seconds of a step."""
        return self.seconds / max(self.steps, 1)


class Expected(NamedTuple):
    """What the parts of a training take, in seconds."""

    step: float
    evaluation: float  # of all images that tell how good the model is
    save: float = 0.0

    def epoch(self, steps: int) -> float:
        """An epoch of so many steps."""
        return steps * self.step + self.evaluation + self.save

    def left(self, training: Training) -> float:
        """What is left of a training: steps, evaluations and, at the end, the pictures."""
        epochs = training.config.epochs - training.state.epoch
        done = training.state.step * self.step
        return epochs * self.epoch(training.steps_per_epoch) - done + self.evaluation + PICTURES


def evaluation_seconds(training: Training) -> float:
    """How long it takes to measure the model, told from a few batches of the images for it.

    Several ranks share the batches out: it lasts until the one with most is done.
    """
    images = training.data.test.images
    batches = -(-len(images) // BATCH)
    most = min(BATCH * -(-batches // training.ranks.count), len(images))  # one rank's
    with np.errstate(over="ignore", invalid="ignore"):  # a step will find and name it
        predict_logits(training.model, images[:BATCH])  # cold
        began = time.perf_counter()
        answers = predict_logits(training.model, images[: TIMED * BATCH])
    return (time.perf_counter() - began) * most / len(answers)


def rehearse(training: Training) -> Expected:
    """Do a few steps of a training that is then thrown away, and time all that an epoch is."""
    pace, epoch, known = Pace(training), 0, False
    while not known:
        for batch, prepared in training.feed.batches(epoch):
            training.train_batch(batch, prepared)
            pace.step()
            known = training.ranks.any(pace.known)
            if known:
                break
        training.state, epoch = State(), epoch + 1
    evaluation = evaluation_seconds(training)
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        save_run(training, Path(folder))
        return Expected(pace.each, evaluation, time.perf_counter() - began)


def fit_time(
    config: TrainingConfig, data: Dataset, seconds: float, *, began: float | None = None,
    ranks: Ranks = ALONE,
) -> TrainingConfig:  # fmt: skip
    """The same recipe with as many whole epochs as fit into so many seconds on this machine.

    The time counts from `began` (of time.perf_counter; without it, from now) to the end of
    `minivit train`: a few steps are timed first, the model is measured after every epoch, and
    pictures are drawn at the end. The learning rate's schedule stretches over the epochs that were
    chosen: what follows is the same as with these epochs from the start. Of several `ranks` the
    first decides.

    Raises InputError when not even one epoch fits, with the time that it would take.
    """
    began = time.perf_counter() if began is None else began
    training = ranks.together(lambda: Training(config, run_data(data, config), ranks=ranks))
    agree(training)
    expected = ranks.gather(rehearse(training))[0]
    epoch = expected.epoch(training.steps_per_epoch)
    around = ranks.gather(time.perf_counter() - began)[0] + START + PICTURES + expected.evaluation
    epochs = int((seconds * (1 - SPARE) - around) / epoch)
    if epochs < 1:
        needed = (around + epoch) / (1 - SPARE)
        raise everywhere(InputError(  # all ranks have the same times
            f"no epoch fits into {time_in_words(seconds)}: on this machine one takes about "
            f"{time_in_words(epoch)}, and what is around it {time_in_words(around)}; give at least "
            f"{typed(needed)}, or choose a smaller model"
        ))  # fmt: skip
    return replace(config, epochs=epochs)


def time_in_words(seconds: float) -> str:
    """A time with two units at most: "0.8 s", "48 s", "4 min 10 s", "1 h 30 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def typed(seconds: float) -> str:
    """A time as --time takes it, rounded up: 75 -> "80s", 601 -> "11min"."""
    if seconds < 120:
        return f"{int(-(-seconds // 10) * 10)}s"
    return f"{int(-(-seconds // 60))}min"
