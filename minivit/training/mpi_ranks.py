"""Ranks that an MPI launcher started: their sums and messages are those of MPI, through mpi4py."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minivit import mpi
from minivit.errors import InputError
from minivit.processes import everywhere, started
from minivit.training.ranks import ALONE, Ranks


class MPIRanks(Ranks):
    """The processes that mpiexec started."""

    def __init__(self, comm, *, ordered: bool = False, overlapping: bool = True):
        """`comm` is of mpi4py; an ordered sum begins when the backward is done."""
        self.comm = comm
        self.number, self.count = comm.Get_rank(), comm.Get_size()
        self.ordered, self.overlapping = ordered, overlapping and not ordered
        self.requests: list = []

    def gather(self, mine: Any) -> list:
        return self.comm.allgather(mine)

    def turns(self, flat: np.ndarray) -> Iterator[None]:
        """As those of all ranks, without a copy: rank 0 receives the others' into its `flat`."""
        if not self.ordered:
            yield
        elif self.number:
            self.comm.Send(handed_over(flat), dest=0)
        else:
            yield
            for rank in range(1, self.count):
                self.comm.Recv(handed_over(flat), source=rank)
                yield

    def spread(self, flat: np.ndarray) -> None:
        self.comm.Bcast(handed_over(flat), root=0)

    def start(self, piece: np.ndarray) -> None:
        """The sum goes on in calls of MPI alone: that is why the backward calls `progress`."""
        from mpi4py import MPI

        self.requests.append(self.comm.Iallreduce(MPI.IN_PLACE, handed_over(piece)))

    def progress(self) -> None:
        from mpi4py import MPI

        MPI.Request.Testall(self.requests)

    def finish(self) -> None:
        from mpi4py import MPI

        MPI.Request.Waitall(self.requests)
        self.requests = []


def ranks_of_launcher(*, ordered: bool = False, overlapping: bool = True) -> Ranks:
    """The processes that an MPI launcher has started, or this one by itself.

    Raises InputError when several were started and can't find each other: each would train a model
    of its own, and overwrite the others'.
    """
    if started() == 1:
        return ALONE
    ranks = MPIRanks(mpi.communicator(), ordered=ordered, overlapping=overlapping)
    if ranks.count != started():
        raise everywhere(InputError(
            f"the launcher started {started()} processes, and the MPI that mpi4py found "
            f"({mpi.library()}) tells of {ranks.count}: run the mpiexec of that MPI"
        ))  # fmt: skip
    return ranks


def handed_over(array: np.ndarray) -> np.ndarray:
    """An array as MPI takes it; mpi4py would take one in Fortran order, with elements permuted.

    Raises InputError unless it is of float32 or float64 and contiguous in C order.
    """
    if array.dtype not in (np.float32, np.float64) or not array.flags.c_contiguous:
        raise InputError(
            f"an array of shape {array.shape}, {array.dtype}, strides {array.strides} can't be "
            "handed over to other processes: make it contiguous in C order, of float32 or float64"
        )
    return array
