"""Where a training stands, and which images come next."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class State:
    """Where a run stands. `step` counts the batches done in epoch number `epoch` (from 0)."""

    epoch: int = 0
    step: int = 0
    random_state: dict | None = None  # of the generator, in the middle of an epoch
    loss_sum: float = 0.0  # over the images of this epoch so far
    correct: int = 0
    seconds: float = 0.0  # of this epoch so far
    history: list[dict] = field(default_factory=list)  # a row per finished epoch
    timing: list[dict] = field(default_factory=list)


@dataclass
class Batch:
    """Which images come next; the generator for their shifts is the epoch's."""

    rng: np.random.Generator
    indices: np.ndarray  # (B,)
