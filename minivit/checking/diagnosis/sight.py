"""One result as it came, and all that is known about how it should have come."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np


class Sight(NamedTuple):
    """One result of one call: y, or a gradient for one dy."""

    came: np.ndarray
    right: np.ndarray
    at: SimpleNamespace  # what a cause's formula reads: see `Point.views`
    wrong: bool  # whether what came counts as wrong
    close: float  # how near is near enough, relative to the largest number


def largest(array: np.ndarray) -> float:
    """The largest number that is one, in size."""
    return float(np.abs(array, where=np.isfinite(array), out=np.zeros(array.shape)).max(initial=0))


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference; infinity where shapes, NaN or infinity are not in the same places."""
    if one.shape != other.shape:
        return np.inf
    finite = np.isfinite(one)
    if not np.array_equal(finite, np.isfinite(other)):
        return np.inf
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return np.inf
    return float(np.abs(one[finite] - other[finite]).max(initial=0.0))
