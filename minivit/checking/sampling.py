"""Where a gradient is looked at, when its tensor is too large to be checked element by element."""

from typing import NamedTuple

import numpy as np


class Sampling(NamedTuple):
    """How much of a tensor is looked at that is too large to be checked whole."""

    directions: int = 4
    elements: int = 12


USUAL = Sampling()


class Excerpt(NamedTuple):
    """Where a gradient is looked at, and what is there."""

    given: np.ndarray  # the whole gradient, or (elements + directions,)
    indices: list | None  # the elements; None for all
    directions: list  # of arrays like the gradient


def draw(gradient: np.ndarray, rng: np.random.Generator, sampling: Sampling) -> Excerpt:
    """Some elements, and the gradient's part along some random directions of length 1."""
    elements = min(sampling.elements, gradient.size)
    places = rng.choice(gradient.size, elements, replace=False)
    indices = [tuple(map(int, np.unravel_index(place, gradient.shape))) for place in places]
    directions = rng.choice([-1.0, 1.0], (sampling.directions, *gradient.shape))
    directions /= np.sqrt(gradient.size)
    along = [float((gradient * direction).sum()) for direction in directions]
    return Excerpt(np.array([*(gradient[i] for i in indices), *along]), indices, list(directions))
