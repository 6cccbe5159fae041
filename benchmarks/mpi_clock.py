"""Ranks with a clock: how long a process is inside MPI, where it sends, adds and waits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minivit.training.mpi_ranks import MPIRanks


class TimedRanks(MPIRanks):
    """The processes of a communicator, which add up the time that they spend in calls of MPI."""

    seconds = 0.0

    @contextmanager
    def clock(self) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - begin

    def gather(self, mine: Any) -> list:
        with self.clock():
            return super().gather(mine)

    def start(self, piece: np.ndarray) -> None:
        with self.clock():
            super().start(piece)

    def progress(self) -> None:
        with self.clock():
            super().progress()

    def finish(self) -> None:
        with self.clock():
            super().finish()

    def spread(self, flat: np.ndarray) -> None:
        with self.clock():
            super().spread(flat)

    def turns(self, flat: np.ndarray) -> Iterator[None]:
        """Not the additions, which rank 0 does between the turns."""
        turns, end = super().turns(flat), object()
        while True:
            with self.clock():
                turn = next(turns, end)
            if turn is end:
                return
            yield
