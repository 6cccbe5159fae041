"""What a library computes with a model of its own, whose weights are drawn."""

from typing import NamedTuple

import numpy as np


class Computed(NamedTuple):
    """Under the names that the library's files have, in float64."""

    weights: dict[str, np.ndarray]
    logits: np.ndarray  # (B, C)
    gradients: dict[str, np.ndarray]  # of the sum of logits x dlogits


class Task(NamedTuple):
    """What a library is asked to compute."""

    images: np.ndarray  # (B, height, width, channels) float64
    dlogits: np.ndarray  # (B, C)
    rng: np.random.Generator  # that draws the weights
    spread: float  # of the weights


def drawn(task: Task, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A weight of this name; LayerNorm's gamma is drawn around 1."""
    is_gamma = name.endswith("scale") or ("norm" in name and name.endswith("weight"))
    return is_gamma + task.spread * task.rng.standard_normal(shape)
