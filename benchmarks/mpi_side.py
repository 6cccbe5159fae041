"""Steps of a `Training` as each side does them, alone or as one of several processes.

`sides.Worker` holds the one that is alone, `mpi_group.Group` one in each of its processes.
"""

import statistics
import time

import numpy as np

from minivit import backend
from minivit.data import Dataset, Split
from minivit.errors import InputError
from minivit.models import ViT
from minivit.mpi import communicator
from minivit.optim import gradient_norm
from minivit.training import Training, TrainingConfig
from minivit.training.mpi_ranks import ranks_of_launcher
from minivit.training.ranks import ALONE, Ranks
from minivit.training.state import State

from .configurations import Case
from .model_sides import LEARNING_RATE, WEIGHT_DECAY, synthetic
from .mpi_clock import TimedRanks
from .timing import time_calls

MODES = {  # how gradients are summed: (overlapping, ordered)
    "blocking": (False, False),
    "overlapped": (True, False),
    "ordered": (False, True),
}


class AloneSide:
    """A training in one process."""

    def __init__(self, case: Case, name: str):
        backend.use(name)
        self.training = new_training(case, self.ranks())

    def ranks(self) -> Ranks:
        return ALONE

    def step(self) -> None:
        """The first of an epoch's two steps: the last of an epoch notes more, for the log."""
        self.training.state = State()
        self.training.train_batch(self.training.epoch()[0])

    def train(self, count: int) -> list[float]:
        """Seconds of each of `count` steps."""
        return time_calls(self.step, count)

    def whole(self, count: int) -> list[float]:
        """Seconds of what every process does whole: the gradients' norm, the optimiser's step."""
        training = self.training
        return time_calls(
            lambda: training.take_step(gradient_norm(training.model.gradients, training.ranges)),
            count,
        )

    def parameters(self) -> int:
        return self.training.model.parameters.flat.size


class RankSide(AloneSide):
    """One of several processes that train together."""

    def __init__(self, case: Case, name: str, processes: int):
        """Raises InputError unless there are so many processes."""
        self.processes = processes
        super().__init__(case, name)
        self.shares: dict[str, list[float]] = {}
        self.numbers = np.zeros_like(self.training.model.gradients.flat)

    def ranks(self) -> Ranks:
        found = ranks_of_launcher().count
        if found != self.processes:
            raise InputError(
                f"mpiexec was to start {self.processes} processes, and each of them sees {found}: "
                "it is another MPI's than mpi4py's; put the bin folder of that MPI first in PATH"
            )
        return TimedRanks(communicator())

    def train(self, mode: str, count: int) -> list[float]:
        """Seconds of each of `count` steps; which share of them went into MPI is kept."""
        ranks = self.training.ranks
        ranks.overlapping, ranks.ordered = MODES[mode]

        def step() -> None:
            before, begin = ranks.seconds, time.perf_counter()
            self.step()
            share = (ranks.seconds - before) / (time.perf_counter() - begin)
            self.shares.setdefault(mode, []).append(share)

        return time_calls(step, count)

    def share_in_mpi(self, mode: str) -> float:
        """The median of all steps so far: sending, adding, and waiting for the others."""
        return statistics.median(self.shares[mode])

    def sum(self, count: int) -> list[float]:
        """Seconds of each of `count` sums of a vector as long as the gradients."""
        return time_calls(lambda: self.training.ranks.sum(self.numbers), count)

    def sum_of_one(self, count: int) -> list[float]:
        """The same of one number: what a message costs."""
        return time_calls(lambda: self.training.ranks.sum(self.numbers[:1]), count)


def new_training(case: Case, ranks: Ranks) -> Training:
    """A Training on two batches of images drawn by chance, with all gradients other than 0."""
    images, labels = synthetic(case)
    twice = Split(np.concatenate([images, images]), np.concatenate([labels, labels]))
    data = Dataset("drawn by chance", [], {}, twice, Split(images[:1], labels[:1]))
    recipe = TrainingConfig(
        case.config, batch=case.batch, learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY,
        schedule="constant", warmup_epochs=0, smoothing=0.0, shift=0,
    )  # fmt: skip
    training = Training(recipe, data, ranks=ranks)
    training.model.parameters.become(ViT(case.config, seed=0, zero_head=False).parameters)
    return training
