"""Ranks: the processes that train one model together, each on its part of every batch.

    g = g_0 + g_1 + ... + g_(count-1)         g_r: of rank r's images, weighted by their number

The gradients of a rank are one flat vector, so all that training together needs is this sum: after
it every rank takes the same step. (Goyal et al. 2017, "Accurate, large minibatch SGD".)

`Ranks` itself is one process by itself; mpi_ranks.py has the processes that mpiexec started. Ranks
of another kind, threads of one process say, need `number`, `count` and `gather`, and nothing else.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from typing import Any, TypeVar

import numpy as np

from minivit import processes
from minivit.errors import InputError

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
        """What `make` gives on this rank; what ends it on one rank is raised on every rank
        (processes.py).
        """
        return make() if self.count == 1 else processes.together(make, self.gather)

    def first(self, make: Callable[[], Made]) -> Made:
        """What rank 0 makes, on every rank; what it raises there is raised on all."""
        return self.gather(self.together(make if self.number == 0 else lambda: None))[0]

    def agree(self, what: str, mine: Any) -> None:
        """RanksDiffer unless every rank hands in the same."""
        all_of_them = self.gather(mine)
        other = [r for r, each in enumerate(all_of_them) if each != all_of_them[0]]
        if other:
            raise processes.everywhere(RanksDiffer(
                f"{what} of process {other[0]} differ from those of process 0: start all processes "
                "alike, on machines with the same data, versions and processors"
            ))  # fmt: skip

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
        for piece in pieces(len(flat)):
            self.start(flat[piece])
        self.finish()

    def __deepcopy__(self, memo: dict) -> "Ranks":
        """A copy of what holds ranks is of the same processes."""
        return self


ALONE = Ranks()


def cut(shares: list[range], *arrays: np.ndarray) -> Iterator[tuple]:
    """Each of a rank's shares, and its rows of arrays that hold one share behind the other."""
    ends = accumulate(map(len, shares), initial=0)
    for share, (first, last) in zip(shares, pairwise(ends), strict=True):
        yield share, *(x[first:last] for x in arrays)


def pieces(count: int) -> list[slice]:
    """A vector of so many numbers in pieces that are summed one by one."""
    return [slice(start, min(start + PIECE, count)) for start in range(0, count, PIECE)]
