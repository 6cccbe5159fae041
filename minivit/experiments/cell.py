"""A cell of a grid: one training, told by all that its result depends on."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from minivit.data import Dataset, Split, in_size, load_dataset
from minivit.data.dataset import spread
from minivit.training import load_recipe


class Images(NamedTuple):
    """The images of a cell: a data set, and how much of it."""

    name: str
    side: int | None = None  # resized to, in pixels; None: as they are
    train: int | None = None  # at most so many, the same number of each class; None: all
    test: int | None = None


@dataclass(frozen=True)
class Cell:
    """One training: a recipe with changes, or the fine-tuning of another cell's model."""

    images: Images
    recipe: str
    seed: int
    model: Mapping = field(default_factory=dict)  # fields of the model's configuration
    training: Mapping = field(default_factory=dict)  # fields of TrainingConfig
    begins: "Cell | None" = None  # whose model is fine-tuned; None: a model that has learnt nothing
    best: bool = False  # what is kept is the model of the epoch that was best on held-out images

    @cached_property
    def told(self) -> dict:
        """All that the training is told, in plain values; what the recipe says is written out."""
        recipe = load_recipe(self.recipe)
        kept = {"best": True} if self.best else {}  # else the last, as always
        return kept | {
            "images": self.images._asdict(),
            "recipe": self.recipe,
            "model": {**recipe.model, **self.model},
            "training": {**recipe.training, **self.training, "seed": self.seed},
            "begins": self.begins and self.begins.key,
        }

    @cached_property
    def key(self) -> str:
        """Names its files: another for whatever the training is told otherwise."""
        return key_of(self.told)


def key_of(plain: object) -> str:
    """16 hexadecimal digits that stand for plain values."""
    written = json.dumps(plain, sort_keys=True, default=list)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def with_beginnings(cells: Iterable[Cell]) -> list[Cell]:
    """Each cell once, behind the one that it begins with."""
    found: dict[str, Cell] = {}
    for cell in cells:
        if cell.begins is not None:
            found.setdefault(cell.begins.key, cell.begins)
        found.setdefault(cell.key, cell)
    return list(found.values())


@lru_cache(maxsize=4)  # cells of one experiment mostly share their images
def loaded(images: Images) -> Dataset:
    """The data set, with its images made once.

    Raises InputError for a set that is not on this machine, with how to get it.
    """
    data = whole(images.name)
    if images.side is not None:
        data = in_size(data, images.side)
    train, test = some(data.train, images.train), some(data.test, images.test)
    return data._replace(train=train, test=test)


@lru_cache(maxsize=2)  # `shapes` are drawn in a second or more
def whole(name: str) -> Dataset:
    return load_dataset(name)


def some(split: Split, most: int | None) -> Split:
    """At most so many images, the same number of each class, spread evenly over the file."""
    labels, chosen = split.labels, np.arange(len(split.labels))
    if most is not None and most < len(labels):
        counts = np.unique(labels, return_counts=True)[1]
        each = min(max(1, most // len(counts)), int(counts.min()))
        chosen = np.flatnonzero(spread(labels, each))
    return Split(split.images[chosen], labels[chosen])
