"""The batches of a training: which images come in which order, and how they are changed."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from minivit.data import Dataset, ImageSource
from minivit.data.augmentation import DrawsOfSome
from minivit.models import Model
from minivit.models.images import check_shape
from minivit.training.ahead import ahead
from minivit.training.augment import Augmentation
from minivit.training.ranks import ALONE, Ranks
from minivit.training.recipe import TrainingConfig


class Batch(NamedTuple):
    """Which images come next."""

    epoch: int  # from 0
    step: int  # from 0, in this epoch
    indices: np.ndarray  # (B,)


class Prepared(NamedTuple):
    """A batch as the model sees it."""

    images: np.ndarray  # (B, height, width, channels)
    labels: np.ndarray  # (B,): of two images in one, that with the larger share
    targets: np.ndarray  # for the loss: the labels, or a share for every class (B, C)


class Feed:
    """Draws and prepares the batches of a training.

    What is left to chance depends on the seed, the epoch and the step alone, so that a batch may be
    prepared at any time, and again.
    """

    def __init__(
        self, config: TrainingConfig, data: Dataset, dtype: np.dtype, ranks: Ranks = ALONE
    ):
        self.config, self.train, self.dtype, self.ranks = config, data.train, dtype, ranks
        self.augmentation = Augmentation(config, data.preprocessing, data.train)
        self.steps = math.ceil(len(data.train.labels) / config.batch)  # of an epoch

    def epoch(self, epoch: int, first_step: int = 0) -> list[Batch]:
        """The batches of an epoch from a step on."""
        images, size = len(self.train.labels), self.config.batch
        order = np.random.default_rng([self.config.seed, epoch]).permutation(images)
        return [
            Batch(epoch, step, order[step * size : (step + 1) * size])
            for step in range(first_step, self.steps)
        ]

    def prepare(self, batch: Batch) -> Prepared:
        """The images of a batch as the model sees them; of several ranks, those of this one."""
        seed = [self.config.seed, batch.epoch, batch.step + 1]  # 0 drew the order
        rng, count = np.random.default_rng(seed), len(batch.indices)
        if self.ranks.count == 1:
            return self.changed(batch.indices, batch.epoch, rng)
        own = np.concatenate(self.ranks.shares(count, self.config.accumulate)).astype(int)
        if self.augmentation.needs_all:
            return Prepared(*(x[own] for x in self.changed(batch.indices, batch.epoch, rng)))
        draws = DrawsOfSome(rng, count, own)
        return self.changed(batch.indices[own], batch.epoch, draws)

    def changed(
        self, indices: np.ndarray, epoch: int, rng: np.random.Generator | DrawsOfSome
    ) -> Prepared:
        """The images of these numbers in the data set."""
        images, labels = (part[indices] for part in self.train)
        images = images.astype(self.dtype, copy=False)
        images = self.augmentation.changed(images, indices, epoch, rng)
        return Prepared(*self.augmentation.blended(images, labels, rng))

    def batches(
        self, epoch: int, first_step: int = 0
    ) -> Iterator[tuple[Batch, Callable[[], Prepared]]]:
        """The batches of an epoch, each with a function that gives it prepared.

        Where that takes long, e.g. where pictures are decoded, it goes on in a thread, one batch
        ahead.
        """
        batches = self.epoch(epoch, first_step)
        if isinstance(self.train.images, ImageSource) and self.train.images.slow:
            yield from ahead(self.prepare, batches)
        else:
            for batch in batches:
                yield batch, partial(self.prepare, batch)


def taken(model: Model, images: np.ndarray | ImageSource) -> np.ndarray | ImageSource:
    """Images that the model takes; of a source only the shape is known yet.

    Raises InputError for others.
    """
    if isinstance(images, ImageSource):
        check_shape(images.shape, (*model.config.image, model.config.channels))
        return images
    return model.check_images(images)


def data_taken(model: Model, data: Dataset) -> Dataset:
    """The same data with images that the model takes, to train on and to measure on."""
    splits = {name: getattr(data, name) for name in ("train", "test")}
    return data._replace(
        **{name: s._replace(images=taken(model, s.images)) for name, s in splits.items()}
    )
