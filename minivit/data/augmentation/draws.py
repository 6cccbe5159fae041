"""Draws for a whole batch, where only some of its images are at hand."""

from typing import NamedTuple

import numpy as np


class DrawsOfSome(NamedTuple):
    """A generator that draws for all images of a batch, and hands out what falls to some of them.

    So a process that has a part of the batch changes each image as one that has all. The last axis
    of what is drawn stands for the images; sizes are given as for those at hand.
    """

    rng: np.random.Generator
    images: int  # of the whole batch
    some: np.ndarray  # (n,): their numbers in it

    def random(self, size: int) -> np.ndarray:
        return self.rng.random(self.images)[self.some]

    def uniform(self, low: float, high: float, size: int) -> np.ndarray:
        return self.rng.uniform(low, high, self.images)[self.some]

    def integers(self, low: int, high: int, size: tuple[int, ...]) -> np.ndarray:
        return self.rng.integers(low, high, (*size[:-1], self.images))[..., self.some]
