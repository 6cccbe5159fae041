"""All of a training, and one step of it: forward, loss, backward, clip, move, average.

Everything that the next step depends on is in `State`, the model and the optimiser, and all of it
goes into the checkpoint: so a run that was killed goes on to the same bits.
"""

import copy
import math
import time
from collections.abc import Callable
from functools import cached_property, partial

import numpy as np

from minivit import backend
from minivit.data import Dataset, checked, telling_range
from minivit.errors import InputError
from minivit.models import Model, class_of
from minivit.models.losses import hidden_targets, right
from minivit.ops.chance import mixed
from minivit.optim import (
    SCHEDULES,
    Average,
    clip_scale,
    gradient_norm,
    learning_names,
    ranges_of,
)
from minivit.params import NamedArrays
from minivit.threads import thread_count
from minivit.training.agreement import agree_on_arrays, fingerprint_of
from minivit.training.divergence import diverged, diverged_on, first_in
from minivit.training.evaluation import Measured, accuracy_of, measured
from minivit.training.feed import Batch, Feed, Prepared, data_taken
from minivit.training.gradient_sum import GradientSum
from minivit.training.gradients import gradients_of
from minivit.training.optimisers import new_optimiser, places
from minivit.training.places import PlaceLog
from minivit.training.ranks import ALONE, Ranks, cut
from minivit.training.recipe import TrainingConfig
from minivit.training.state import State


def bits_now(ranks: Ranks = ALONE) -> dict[str, str | int]:
    """What the bits of a run depend on beside its recipe."""
    return {
        "backend": backend.name(),
        "threads": thread_count(),
        "precision": backend.precision(),
        "processes": ranks.count,
        "ordered": ranks.ordered,
    }


class Training:
    """All of a training: recipe, data, model, optimiser and state."""

    def __init__(
        self, config: TrainingConfig, data: Dataset, dtype=np.float32, *, ranks: Ranks = ALONE
    ):
        """Start at the beginning; InputError when data and model don't fit together.

        With several `ranks` each has a training of its own that is the same on all after every
        step: what they call of it, they call together.
        """
        c = config.model
        data = checked(data, c.classes)
        if not (len(data.train.labels) and len(data.test.labels)):
            raise InputError(f"{data.name} has no images on one side: can't train and measure")
        if ranks.count * config.accumulate > config.batch:
            raise InputError(
                f"{ranks.count} processes with {config.accumulate} parts each (accumulate), and a "
                f"batch of {config.batch} images: choose a larger batch, fewer parts or processes"
            )
        self.config, self.state, self.ranks = config, State(), ranks
        with np.errstate(over="ignore"):  # training finds and names a spread that is too large
            self.model = class_of(c)(c, config.seed, dtype, beginning=config.beginning,
                                     position_std=config.position_std)  # fmt: skip
        self.model.preprocessing = data.preprocessing
        self.model.class_names = data.class_names
        self.data = data_taken(self.model, data)
        if not c.learns_classes:  # colours are counted between black and white
            told = telling_range(data.preprocessing, self.data.train.images)
            self.model.preprocessing = told
        self.feed = Feed(config, self.data, self.model.dtype, ranks)
        parameters = self.model.parameters
        names = learning_names(self.model.layout, places(config.freeze))
        self.ranges = ranges_of(self.model.layout, names)
        self.optimiser = new_optimiser(config, parameters, names)
        self.average = None
        if config.average is not None:
            self.average = Average(parameters, config.average, names=names)
        self.places = PlaceLog(self.model.layout)
        self.gradient_sum = GradientSum(self.model.gradients, ranks)
        self.bits = bits_now(ranks)

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
        return fingerprint_of(self.data.train)

    @cached_property
    def test_fingerprint(self) -> int:
        """The same of what tells how good the model is."""
        return fingerprint_of(self.data.test)

    @property
    def kept(self) -> dict[str, NamedArrays]:
        """The arrays that going on needs beside the parameters, by group of the checkpoint."""
        return self.optimiser.moments | ({"average": self.average.arrays} if self.average else {})

    def __copy__(self) -> "Training":
        return copy.deepcopy(self)  # model, optimiser and state belong together

    def epoch(self) -> list[Batch]:
        """The batches of the current epoch that are still to do, in order."""
        return self.feed.epoch(self.state.epoch, self.state.step)

    def train_batch(self, batch: Batch, prepared: Callable[[], Prepared] | None = None) -> float:
        """One step on one batch: returns its loss; Diverged when it is not finite.

        `prepared` gives its images, as `Feed.batches` has it.
        """
        s, c, gradients = self.state, self.config, self.model.gradients
        seed, started = mixed(c.seed, self.steps_done), time.perf_counter()
        prepare = prepared or partial(self.feed.prepare, batch)
        if self.ranks.count > 1:
            prepare = partial(self.prepare_what_fits, batch, prepare)
        images, labels, targets = self.ranks.together(prepare)
        waited = time.perf_counter() - started
        if not c.model.learns_classes:
            labels = targets = self.hidden(images, batch, seed)
        # Overflow is found and named below: NumPy need not warn of it on the way.
        with np.errstate(over="ignore", invalid="ignore"):
            loss, logits, dlogits = gradients_of(
                self.model, images, targets, smoothing=c.smoothing, parts=c.accumulate, seed=seed,
                frozen=places(c.freeze), total=self.gradient_sum, count=len(batch.indices),
            )  # fmt: skip
            norm = gradient_norm(gradients, self.ranges)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                parts = cut(self.shares(batch), images, dlogits)
                raise diverged(self, self.ranks.gather(first_in(parts, self.model, seed)))
            self.take_step(norm)
        s.step += 1
        s.loss_sum += loss * len(batch.indices)
        s.correct += sum(self.ranks.gather(right(c.model, logits, labels) if len(labels) else 0))
        s.seconds += time.perf_counter() - started
        s.waited += waited
        return loss

    def take_step(self, norm: float) -> None:
        """Move the parameters by gradients of this norm; note how, for the log."""
        s, parameters = self.state, self.model.parameters
        last = s.step + 1 == self.steps_per_epoch
        before = parameters.flat.copy() if last else None
        s.learning_rate = self.learning_rate()
        s.norm_sum += norm
        self.optimiser.step(
            self.model.gradients, s.learning_rate, clip_scale(norm, self.config.clip)
        )
        if self.average:
            self.average.update(self.optimiser.steps)
        if last:
            self.places.add(s.epoch + 1, parameters, self.model.gradients, before)

    def learning_rate(self) -> float:
        """The next step's: linear warm-up, then as the schedule says."""
        c, each = self.config, self.steps_per_epoch
        return SCHEDULES[c.schedule](
            self.steps_done, steps=c.epochs * each, peak=c.learning_rate,
            warmup=round(min(c.warmup_epochs, c.epochs / 2) * each),
        )  # fmt: skip

    def finish_epoch(self) -> dict:
        """Measure on the test images; add a row to the history, and return the row.

        Where held-out training images take the place of the test images, its keys say so. An
        average of the weights is measured too.
        """
        measured_on = self.config.measured_on.replace("-", "_")
        s, images = self.state, len(self.data.train.labels)
        learnt = accuracy_of(self.config.model, s.correct, images)
        row = {"epoch": s.epoch + 1} | Measured(s.loss_sum / images, learnt).columns("train")
        models = {measured_on: self.model}
        if self.average:
            models[f"averaged_{measured_on}"] = self.averaged_model()
        for name, model in models.items():
            with np.errstate(over="ignore", invalid="ignore"):  # as in train_batch
                tested = measured(model, *self.data.test, ranks=self.ranks)
            if not math.isfinite(tested.loss):
                raise diverged_on(self, self.data.test.images[:64])
            row |= tested.columns(name)
        row["learning_rate"] = s.learning_rate
        row["gradient_norm"] = s.norm_sum / self.steps_per_epoch
        agree_on_arrays(self)
        timing = [*s.timing, s.timing_row(images)]
        self.state = State(epoch=s.epoch + 1, history=[*s.history, row], timing=timing)
        return row

    def averaged_model(self) -> Model:
        """A model with the averaged weights; InputError where the recipe has none.

        Running statistics are averages already, and come along as they are.
        """
        if self.average is None:
            raise InputError("the recipe averages no weights: set average, to 0.999 say")
        model = class_of(self.config.model)(self.config.model, seed=None, dtype=self.model.dtype)
        model.parameters.become(self.model.parameters)
        self.average.write_into(model.parameters)
        model.preprocessing, model.class_names = self.model.preprocessing, self.model.class_names
        return model

    def shares(self, batch: Batch) -> list[range]:
        """Which of the batch's images are this rank's, part by part."""
        return self.ranks.shares(len(batch.indices), self.config.accumulate)

    def prepare_what_fits(self, batch: Batch, prepare: Callable[[], Prepared]) -> Prepared:
        """A batch prepared; InputError where its largest part can't fit into memory: the forward
        would say so on this rank alone.
        """
        self.model.need_memory(max(map(len, self.shares(batch))))
        return prepare()

    def hidden(self, images: np.ndarray, batch: Batch, seed: int) -> np.ndarray:
        """What a step with this seed should tell of the hidden patches of its images."""
        told = [
            hidden_targets(self.model, part, seed=seed, first_image=share.start)
            for share, part in cut(self.shares(batch), images)
            if share
        ]
        return np.concatenate(told or [images])
