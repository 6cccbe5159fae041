"""Ranks: the processes that train one model together, each on its part of every batch.

    g = g_0 + g_1 + ... + g_(count-1)         g_r: of rank r's images, weighted by their number

The gradients of a rank are one flat vector, so all that training together needs is this sum: after
it every rank takes the same step. (Goyal et al. 2017, "Accurate, large minibatch SGD".)

`Ranks` itself is one process by itself; `MPIRanks` are processes that mpiexec started. Ranks of
another kind, threads of one process say, need `number`, `count` and `gather`, and nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from minivit.errors import InputError
from minivit.processes import started

Made = TypeVar("Made")
PIECE = 1 << 20  # numbers that are summed at once: 4 MB of float32. Fixed, so that bits are, too


class RanksDiffer(InputError):
    """Ranks that should have the same have not: what they would save is no good."""


class Ranks:
    """One process by itself; what several do is told in terms of `gather`, for those to come."""

    number = 0  # which of them this one is
    count = 1
    ordered = False  # each gradient is added in the order of the ranks, and of accumulation
    overlapping = False  # sums go on in the background of the backward

    def gather(self, mine: Any) -> list:
        """What each rank hands in, in the order of the ranks; every rank gets all."""
        return [mine]

    def shares(self, count: int, rounds: int = 1) -> list[range]:
        """Which of `count` things this rank takes, round by round.

        They are cut into rounds * ranks parts. In each round every rank takes one part, so that
        those of a round lie side by side in the order of the ranks. Where there are fewer things
        than parts, some parts are empty.
        """
        parts = rounds * self.count
        cuts = [i * count // parts for i in range(parts + 1)]
        return [range(cuts[i], cuts[i + 1]) for i in range(self.number, parts, self.count)]

    def any(self, mine: bool) -> bool:
        """Whether any rank says so."""
        return any(self.gather(mine))

    def together(self, make: Callable[[], Made]) -> Made:
        """What `make` gives on this rank. Bad input or a file that fails on one rank, is raised on
        every rank: none is left waiting.
        """
        if self.count == 1:
            return make()
        made = error = None
        try:
            made = make()
        except (InputError, OSError) as raised:
            error = raised
        for each in self.gather(error):
            if each is not None:
                each.everywhere = True
                raise each
        return made

    def first(self, make: Callable[[], Made]) -> Made:
        """What rank 0 makes, on every rank; what it raises there is raised on all."""
        return self.gather(self.together(make if self.number == 0 else lambda: None))[0]

    def agree(self, what: str, mine: Any) -> None:
        """RanksDiffer unless every rank hands in the same."""
        all_of_them = self.gather(mine)
        other = [r for r, each in enumerate(all_of_them) if each != all_of_them[0]]
        if other:
            error = RanksDiffer(
                f"{what} of process {other[0]} differ from those of process 0: start all processes "
                "alike, on machines with the same processors and the same versions"
            )
            error.everywhere = True
            raise error

    def turns(self, flat: np.ndarray) -> Iterator[None]:
        """One turn for every vector that this rank has to add: `flat` holds it meanwhile.

        That is its own; but where sums are `ordered`, rank 0 adds those of all, one after another,
        and the others none.
        """
        if not self.ordered:
            yield
        elif self.number:
            self.gather(flat.copy())
        else:
            for each in self.gather(flat.copy()):
                flat[:] = each
                yield

    def spread(self, flat: np.ndarray) -> None:
        """Every rank's `flat` becomes rank 0's."""
        if self.count > 1:
            flat[:] = self.gather(None if self.number else flat.copy())[0]

    def start(self, piece: np.ndarray) -> None:
        """Begin to sum a vector over the ranks, in place; all ranks start theirs in one order."""
        if self.count > 1:
            first, *others = self.gather(piece.copy())
            piece[:] = first
            for each in others:
                piece += each

    def progress(self) -> None:
        """Let the sums that were started go on."""

    def finish(self) -> None:
        """Wait until all sums that were started are done."""

    def sum(self, flat: np.ndarray) -> None:
        """Sum a vector over the ranks, in place, piece by piece."""
        for piece in pieces(flat):
            self.start(piece)
        self.finish()

    def end(self, code: int) -> None:
        """End the other ranks, which this one leaves, with an exit code."""

    def __deepcopy__(self, memo: dict) -> "Ranks":
        """A copy of what holds ranks is of the same processes."""
        return self


ALONE = Ranks()


def is_everywhere(error: BaseException | None) -> bool:
    """Whether every rank raises this error, or one that it was made of."""
    return error is not None and (
        getattr(error, "everywhere", False) or is_everywhere(error.__cause__)
    )


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

    def end(self, code: int) -> None:
        self.comm.Abort(code)


def ranks_of_launcher(*, ordered: bool = False, overlapping: bool = True) -> Ranks:
    """The processes that an MPI launcher has started, or this one by itself.

    Raises InputError when several were started and can't find each other: each would train a model
    of its own, and overwrite the others'.
    """
    if started() == 1:
        return ALONE
    ranks = MPIRanks(communicator(), ordered=ordered, overlapping=overlapping)
    if ranks.count != started():
        error = InputError(
            f"the launcher started {started()} processes, and the MPI that mpi4py found "
            f"({library()}) tells of {ranks.count}: run the mpiexec of that MPI"
        )
        error.everywhere = True
        raise error
    return ranks


def communicator():
    """All processes, as mpi4py has them; InputError without mpi4py, or without an MPI."""
    try:
        from mpi4py import MPI
    except ModuleNotFoundError as error:
        raise InputError(
            f"{started()} processes were started together, and mpi4py is missing, by which they "
            "find each other: pip install 'minivit[mpi]'"
        ) from error
    except (ImportError, RuntimeError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"mpi4py finds no MPI library ({reason}): pip install mpich, or install Open MPI"
        ) from error
    return MPI.COMM_WORLD


def library() -> str:
    """The MPI that runs: its name and version."""
    from mpi4py import MPI

    return MPI.Get_library_version().split(",")[0].split("\n")[0].strip("\x00")


def pieces(flat: np.ndarray) -> list[np.ndarray]:
    """A vector (n,) in pieces that are summed one by one."""
    return [flat[start : start + PIECE] for start in range(0, len(flat), PIECE)]


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
