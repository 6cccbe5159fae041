"""The letters B, T, D, ... as numbers, and what a call of an op consists of at such sizes."""

from typing import NamedTuple

import numpy as np


class Sizes(NamedTuple):
    """What the letters stand for: small numbers by default, different wherever they meet in an op.

    Else a backward could divide by one where it should divide by another, and pass.
    """

    B: int = 4  # images in a batch
    T: int = 5  # tokens; an image has N, and one more for cls
    H: int = 2  # heads
    K: int = 3  # columns of a head
    M: int = 7  # MLP width
    C: int = 8  # classes
    P: int = 2  # patch side
    grid: tuple[int, int] = (2, 5)  # patches down and across
    channels: int = 3

    @property
    def D(self) -> int:
        return self.H * self.K

    @property
    def N(self) -> int:
        return self.grid[0] * self.grid[1]


SMALL = Sizes()


class Array(NamedTuple):
    """An input: normal numbers of this spread around this number."""

    shape: tuple[int, ...]
    spread: float = 1.0
    around: float = 0.0

    def draw(self, rng: np.random.Generator, dtype) -> np.ndarray:
        """The same numbers in every dtype."""
        numbers = np.asarray(rng.standard_normal(self.shape))
        return (self.around + self.spread * numbers).astype(dtype)


def normal(*shape: int, around: float = 0.0) -> Array:
    return Array(shape, around=around)


def weights(rows: int, columns: int) -> Array:
    """Normal numbers of variance 1 / rows, so that x w spreads as x does."""
    return Array((rows, columns), max(rows, 1) ** -0.5)


def filters(rows: int, columns: int, inner: int, outer: int) -> Array:
    """The same for a window: (rows, columns, in, out)."""
    return Array((rows, columns, inner, outer), max(rows * columns * inner, 1) ** -0.5)


class Call(NamedTuple):
    """One way to call an op; `None` is an input that is absent."""

    op: str
    words: str  # what is special about it
    inputs: tuple[Array | None, ...]
    options: dict

    @property
    def name(self) -> str:
        return f"{self.op}: {self.words}" if self.words else self.op

    @property
    def shapes(self) -> tuple[tuple[int, ...] | None, ...]:
        return tuple(array and array.shape for array in self.inputs)

    def draw(self, rng: np.random.Generator, dtype="float64") -> list[np.ndarray | None]:
        """The arrays, one after the other; None stays None."""
        return [array and array.draw(rng, dtype) for array in self.inputs]
