"""The loop: shuffle, shift, forward, loss, backward, step; then measure, save, and again.

Everything that the next step depends on is in `State`, the model and the optimiser, and all of it
goes into the checkpoint: so a run that was killed goes on to the same bits.
"""

import copy
import math
import time
import zlib
from collections.abc import Callable
from functools import cached_property

import numpy as np

from minivit import backend
from minivit.data import Dataset, checked, fingerprint
from minivit.errors import InputError
from minivit.models import ViT
from minivit.ops.chance import mixed
from minivit.optim import Adam, clip_scale, warmup_cosine
from minivit.threads import thread_count
from minivit.training.divergence import Diverged, advice, first_nonfinite
from minivit.training.evaluation import evaluate
from minivit.training.feed import Batch, Feed, Prepared, taken
from minivit.training.lines import epoch_line, heading
from minivit.training.recipe import TrainingConfig
from minivit.training.state import State


class Training:
    """All of a training: recipe, data, model, optimiser and state."""

    def __init__(self, config: TrainingConfig, data: Dataset, dtype=np.float32):
        """Start at the beginning; InputError when data and model don't fit together."""
        c = config.model
        data = checked(data, c.classes)
        if not len(data.train.labels) or not len(data.test.labels):
            raise InputError(f"{data.name} has no images on one side: can't train and measure")
        self.config, self.state = config, State()
        with np.errstate(over="ignore"):  # training finds and names a spread that is too large
            self.model = ViT(c, config.seed, dtype, beginning=config.beginning,
                             position_std=config.position_std)  # fmt: skip
        self.model.preprocessing = data.preprocessing
        self.model.class_names = data.class_names
        train, test = (
            split._replace(images=taken(self.model, split.images))
            for split in (data.train, data.test)
        )
        self.data = data._replace(train=train, test=test)
        self.feed = Feed(config, self.data, self.model.dtype)
        self.optimiser = Adam(self.model.parameters, weight_decay=config.weight_decay)
        # What the last bits of a run depend on beside its recipe.
        self.bits = {"backend": backend.name(), "threads": thread_count()}

    @property
    def steps_per_epoch(self) -> int:
        return self.feed.steps

    @property
    def finished(self) -> bool:
        return self.state.epoch >= self.config.epochs

    @property
    def steps_done(self) -> int:
        """Steps in all epochs so far."""
        return self.state.epoch * self.steps_per_epoch + self.state.step

    @cached_property
    def fingerprint(self) -> int:
        """A checksum of the images and labels to train on: on others a run must not go on."""
        images, labels = self.data.train
        return zlib.crc32(np.ascontiguousarray(labels), fingerprint(images))

    def __copy__(self) -> "Training":
        """A deep copy: model, optimiser and state belong together."""
        return copy.deepcopy(self)

    def epoch(self) -> list[Batch]:
        """The batches of the current epoch that are still to do, in order."""
        return self.feed.epoch(self.state.epoch, self.state.step)

    def train_batch(self, batch: Batch, prepared: Callable[[], Prepared] | None = None) -> float:
        """One step on one batch: returns its loss; Diverged when it is not finite.

        `prepared` gives the batch's images, as `Feed.batches` has it; without it they are prepared
        here.
        """
        s, c, model = self.state, self.config, self.model
        started = time.perf_counter()
        images, labels = prepared() if prepared else self.feed.prepare(batch)
        waited = time.perf_counter() - started
        ops = backend.current()
        # Overflow is found and named below: NumPy need not warn of it on the way.
        with np.errstate(over="ignore", invalid="ignore"):
            logits, cache = model.forward(images, seed=mixed(c.seed, self.steps_done))
            loss, loss_cache = ops.cross_entropy_forward(
                logits, labels=labels, smoothing=c.smoothing
            )
            dlogits = ops.cross_entropy_backward(logits.dtype.type(1), loss_cache)
            model.zero_gradients()
            model.backward(dlogits, cache, free_cache=True)
            norm = ops.global_norm(model.gradients.flat)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise self.divergence(images, dlogits)
            self.optimiser.step(model.gradients, self.learning_rate(), clip_scale(norm, c.clip))
        s.step += 1
        s.loss_sum += float(loss) * len(labels)
        s.correct += int((logits.argmax(axis=1) == labels).sum())
        s.seconds += time.perf_counter() - started
        s.waited += waited
        return float(loss)

    def learning_rate(self) -> float:
        """The next step's: linear warm-up, then half a cosine down to 0."""
        c, each = self.config, self.steps_per_epoch
        return warmup_cosine(
            self.steps_done,
            steps=c.epochs * each,
            warmup=round(min(c.warmup_epochs, c.epochs / 2) * each),
            peak=c.learning_rate,
        )

    def finish_epoch(self) -> dict:
        """Measure on the test images; add a row to the history, and return the row.

        Where held-out training images take the place of the test images, its keys say so.
        """
        measured_on = self.config.measured_on.replace("-", "_")
        s, images = self.state, len(self.data.train.labels)
        tested = evaluate(self.model, *self.data.test)
        if not math.isfinite(tested.loss):
            raise self.divergence(self.data.test.images[:64], None)
        row = {
            "epoch": s.epoch + 1,
            "train_loss": s.loss_sum / images,
            "train_accuracy": s.correct / images,
            f"{measured_on}_loss": tested.loss,
            f"{measured_on}_accuracy": tested.accuracy,
        }
        rate = images / s.seconds if s.seconds else 0.0
        timing = {
            "epoch": s.epoch + 1,
            "seconds": s.seconds,
            "images_per_second": rate,
            "share_of_waiting": s.waited / s.seconds if s.seconds else 0.0,
        }
        self.state = State(epoch=s.epoch + 1, history=[*s.history, row], timing=[*s.timing, timing])
        return row

    def divergence(self, images: np.ndarray, dlogits: np.ndarray | None) -> Diverged:
        """An error that says which tensor was the first that is not finite, and what to change."""
        first = first_nonfinite(self.model, images, dlogits) or "the loss"
        s = self.state
        return Diverged(
            f"training diverged in epoch {s.epoch + 1}, step {s.step + 1}: the first tensor with "
            f"NaN or infinity is {first}; {advice(self.config, self.steps_done)}"
        )


def train(
    config: TrainingConfig,
    data: Dataset,
    *,
    training: Training | None = None,
    progress: bool = False,
    on_step: Callable[[Training, float], None] = lambda training, loss: None,
    on_epoch: Callable[[Training, dict], None] = lambda training, row: None,
) -> Training:
    """Train to the last epoch: `minivit.train(TrainingConfig(), load_dataset("digits"))`.

    `on_step` is called after every batch with its loss, `on_epoch` after every epoch with its row
    of the history; either may raise to stop. With `progress` a line is printed for every epoch.
    With `training` (see `load_run`) a former run goes on. Returns the training: `.model`,
    `.state.history`.

    Raises InputError when data and model don't fit together, or when the loss diverges.
    """
    training = training or Training(config, data)
    if progress:
        print(heading(config.measured_on), flush=True)
    while not training.finished:
        for batch, prepared in training.feed.batches(training.state.epoch, training.state.step):
            loss = training.train_batch(batch, prepared)
            on_step(training, loss)
        row = training.finish_epoch()
        if progress:
            seconds = training.state.timing[-1]["seconds"]
            print(epoch_line(config.epochs, row, seconds), flush=True)
        on_epoch(training, row)
    return training
